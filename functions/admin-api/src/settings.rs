//! `/v1/settings`: what holds for all of a tenant's notifications.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{FieldError, InputError, TenantSettings, TenantTypes};
use carillon_email::ascii_address;
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
    sendable(&app, &admin, &settings).map_err(InputError::from)?;
    let document = serde_json::to_string(&settings).map_err(|error| {
        tracing::error!(%error, "settings could not be written");
        Problem::internal()
    })?;
    app.catalog.put_settings(&admin.tenant, &document, admin.now).await?;
    Ok(Json(settings))
}

/// Whether SES takes the addresses, and the deployment lets the tenant send from its own.
fn sendable(app: &App, admin: &Admin, settings: &TenantSettings) -> Result<(), FieldError> {
    const NOT_ASCII: &str = "must have only ASCII letters before the @";
    let email = &settings.email;
    if let Some(from) = &email.from {
        ascii_address(from).map_err(|_| FieldError::new("email.from", NOT_ASCII))?;
        if !app.domains.grants(&admin.tenant, from) {
            return Err(FieldError::new("email.from", "must be in a domain that you may send from"));
        }
    }
    let mut all = email.reply_to.iter().enumerate();
    all.try_for_each(|(index, one)| {
        let field = || format!("email.reply_to[{index}]");
        ascii_address(one).map(drop).map_err(|_| FieldError::new(field(), NOT_ASCII))
    })
}
