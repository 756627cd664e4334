//! `/v1/settings`: what holds for all of a tenant's notifications.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{TenantSettings, TenantTypes};
use carillon_http::{Problem, json_body};
use http::HeaderMap;

use crate::app::{Admin, App};

/// As they hold: what was never set has its default.
pub(crate) async fn get(State(app): State<Arc<App>>, admin: Admin) -> Result<Json<TenantSettings>, Problem> {
    let rows = app.catalog.rows(&admin.tenant, true).await?;
    let (types, _) = TenantTypes::read(&app.registry, rows.settings.as_deref(), None, &rows.types);
    Ok(Json(types.settings))
}

/// Replaces them all.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    admin: Admin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<TenantSettings>, Problem> {
    json_body(&headers, &body)?;
    let settings = TenantSettings::accept(&body)?;
    let document = serde_json::to_string(&settings).map_err(|error| {
        tracing::error!(%error, "settings could not be written");
        Problem::internal()
    })?;
    app.catalog.put_settings(&admin.tenant, &document, admin.now).await?;
    Ok(Json(settings))
}
