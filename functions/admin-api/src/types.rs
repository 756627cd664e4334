//! `/v1/types`: the registry as a tenant has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{InputError, NotificationType, Registry, TenantTypes, UnknownType, parse_json};
use carillon_http::{Path, Problem, json_body};
use carillon_store::Versioned;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::{Admin, App};
use crate::{layout, versions};

/// Most documents of one tenant: all of them are read, and kept in memory, at once.
const MAX_OWN: usize = 200;
/// Largest document, in bytes.
const MAX_DOCUMENT: usize = 32 * 1_024;

/// Largest sum of a tenant's documents, in bytes.
const MAX_ALL: usize = 256 * 1_024;

/// An entry, and whose it is.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    entry: &'a NotificationType,
    source: Source,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    /// As this version ships it.
    Shipped,
    /// Shipped, and changed by the tenant.
    Overridden,
    /// The tenant's own.
    Tenant,
}

#[derive(Serialize)]
struct Listed<'a> {
    data: Vec<Shown<'a>>,
}

/// `GET /v1/types`: what holds for this tenant, by key.
pub(crate) async fn list(State(app): State<Arc<App>>, admin: Admin) -> Result<Response, Problem> {
    let documents = app.catalog.rows(&admin.tenant, true).await?.types;
    let types = read(&app.registry, &documents);
    let all = types.all(&app.registry).into_values();
    let data = all.map(|entry| shown(&app.registry, &documents, entry)).collect();
    Ok(Json(Listed { data }).into_response())
}

/// `GET /v1/types/{key}`.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let documents = app.catalog.rows(&admin.tenant, true).await?.types;
    let types = read(&app.registry, &documents);
    let entry = known(&app.registry, &types, &key)?;
    Ok(Json(shown(&app.registry, &documents, entry)).into_response())
}

/// `PUT /v1/types/{key}`: a document that is laid over the shipped entry, or is a whole entry of the tenant's own.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    if body.len() > MAX_DOCUMENT {
        let detail = format!("the document is {} bytes; at most {MAX_DOCUMENT} are kept", body.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail));
    }
    store(&app, &admin, key, document(&body)?, None).await
}

/// Checks a document and makes it the one that holds; `restored` is the version it comes from.
pub(crate) async fn store(
    app: &App,
    admin: &Admin,
    key: String,
    document: String,
    restored: Option<u32>,
) -> Result<Response, Problem> {
    let entry = app.registry.overridden(&key, document.as_bytes())?;
    carillon_templates::check(&entry).map_err(InputError::from)?;
    let rows = app.catalog.rows(&admin.tenant, true).await?;
    carillon_email::check(&entry, layout::own(&rows).as_ref()).map_err(InputError::from)?;
    let mut documents = rows.types;
    let others = documents.iter().filter(|(other, _)| **other != key).map(|(_, document)| document.len());
    let (count, bytes) =
        others.fold((0, document.len()), |(count, bytes), length| (count + 1, bytes + length));
    if count >= MAX_OWN || bytes > MAX_ALL {
        let detail = format!("a tenant may change or add {MAX_OWN} types, in {MAX_ALL} bytes");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_types", detail));
    }
    versions::edit(app, admin, Versioned::Type(&key), Some(&document), restored).await?;
    documents.insert(key, document);
    Ok(Json(shown(&app.registry, &documents, &entry)).into_response())
}

/// `DELETE /v1/types/{key}`: back to the shipped entry, if there is one.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    versions::edit(&app, &admin, versions::of_key(&key)?, None, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body as it is kept: as it was given, but for `source`, which a GET shows and nobody sets.
pub(crate) fn document(body: &[u8]) -> Result<String, Problem> {
    let mut fields: BTreeMap<String, Box<RawValue>> = parse_json(body)?;
    fields.remove("source");
    serde_json::to_string(&fields).map_err(|error| {
        tracing::error!(%error, "a document could not be written");
        Problem::internal()
    })
}

pub(crate) fn read(registry: &Registry, documents: &BTreeMap<String, String>) -> TenantTypes {
    let (types, problems) = TenantTypes::read(registry, None, None, documents);
    if !problems.is_empty() {
        tracing::error!(code = "catalog_row_unreadable", rows = problems.len(), "shipped entries hold");
    }
    types
}

fn shown<'a>(
    registry: &Registry,
    documents: &BTreeMap<String, String>,
    entry: &'a NotificationType,
) -> Shown<'a> {
    let source = match (registry.get(&entry.key), documents.contains_key(&entry.key)) {
        (Err(_), _) => Source::Tenant,
        (Ok(_), true) => Source::Overridden,
        (Ok(_), false) => Source::Shipped,
    };
    Shown { entry, source }
}

/// The type with this key, else 404 with the nearest.
pub(crate) fn known<'a>(
    registry: &'a Registry,
    types: &'a TenantTypes,
    key: &str,
) -> Result<&'a NotificationType, Problem> {
    types.get(registry, key).map_err(|UnknownType { nearest }| {
        let nearest = nearest.map(|nearest| format!("; the nearest is {nearest}"));
        let detail = format!("there is no type {key:?}{}", nearest.unwrap_or_default());
        Problem::new(StatusCode::NOT_FOUND, "unknown_type", detail)
    })
}
