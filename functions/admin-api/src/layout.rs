//! `/v1/layout`: what stands around a tenant's emails.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{InputError, Layout};
use carillon_http::{Problem, json_body};
use carillon_store::{CatalogRows, Versioned};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::app::{Admin, App};
use crate::{types, versions};

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    layout: Layout,
    source: Source,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    /// As this version ships it.
    Shipped,
    /// The tenant's own.
    Tenant,
}

/// The tenant's own, where this version can read it.
pub(crate) fn own(rows: &CatalogRows) -> Option<Layout> {
    let text = rows.layout.as_deref()?;
    let layout = serde_json::from_str(text);
    layout
        .inspect_err(|_| {
            tracing::error!(code = "catalog_row_unreadable", row = "layout", "the shipped one holds")
        })
        .ok()
}

/// `GET /v1/layout`: what holds.
pub(crate) async fn get(State(app): State<Arc<App>>, admin: Admin) -> Result<Response, Problem> {
    let rows = app.catalog.rows(&admin.tenant, true).await?;
    let shown = match own(&rows) {
        Some(layout) => Shown { layout, source: Source::Tenant },
        None => Shown { layout: carillon_email::shipped_layout(), source: Source::Shipped },
    };
    Ok(Json(shown).into_response())
}

/// `PUT /v1/layout`.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    admin: Admin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    store(&app, &admin, &types::document(&body)?, None).await
}

/// Checks a document and makes it the one that holds; `restored` is the version it comes from.
pub(crate) async fn store(
    app: &App,
    admin: &Admin,
    document: &str,
    restored: Option<u32>,
) -> Result<Response, Problem> {
    let layout = Layout::accept(document.as_bytes())?;
    carillon_email::check_layout(&layout).map_err(InputError::from)?;
    versions::edit(app, admin, Versioned::Layout, Some(document), restored).await?;
    Ok(Json(Shown { layout, source: Source::Tenant }).into_response())
}

/// `DELETE /v1/layout`: back to the shipped one.
pub(crate) async fn delete(State(app): State<Arc<App>>, admin: Admin) -> Result<StatusCode, Problem> {
    versions::edit(&app, &admin, Versioned::Layout, None, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
