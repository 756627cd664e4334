//! `/v1/types`: the registry as a tenant has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{InputError, NotificationType, Registry, TenantTypes, UnknownType, parse_json};
use carillon_http::{Path, Problem, json_body};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::{Admin, App};

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
    let entry = types.get(&app.registry, &key).map_err(|unknown| not_known(&key, &unknown))?;
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
    let document = document(&body)?;
    let entry = app.registry.overridden(&key, document.as_bytes())?;
    carillon_templates::check(&entry).map_err(InputError::from)?;
    let mut documents = app.catalog.rows(&admin.tenant, true).await?.types;
    let others = documents.iter().filter(|(other, _)| **other != key).map(|(_, document)| document.len());
    let (count, bytes) =
        others.fold((0, document.len()), |(count, bytes), length| (count + 1, bytes + length));
    if count >= MAX_OWN || bytes > MAX_ALL {
        let detail = format!("a tenant may change or add {MAX_OWN} types, in {MAX_ALL} bytes");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_types", detail));
    }
    app.catalog.put_type(&admin.tenant, &key, &document, admin.now).await?;
    documents.insert(key, document);
    Ok(Json(shown(&app.registry, &documents, &entry)).into_response())
}

/// `DELETE /v1/types/{key}`: back to the shipped entry, if there is one.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    let there = app.catalog.delete_type(&admin.tenant, &key).await?;
    if there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// The body as it is kept: as it was given, but for `source`, which a GET shows and nobody sets.
fn document(body: &[u8]) -> Result<String, Problem> {
    let mut fields: BTreeMap<String, Box<RawValue>> = parse_json(body)?;
    fields.remove("source");
    serde_json::to_string(&fields).map_err(|error| {
        tracing::error!(%error, "a document could not be written");
        Problem::internal()
    })
}

fn read(registry: &Registry, documents: &BTreeMap<String, String>) -> TenantTypes {
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

fn not_known(key: &str, unknown: &UnknownType) -> Problem {
    let nearest = unknown.nearest.as_deref().map(|nearest| format!("; the nearest is {nearest}"));
    let detail = format!("there is no type {key:?}{}", nearest.unwrap_or_default());
    Problem::new(StatusCode::NOT_FOUND, "unknown_type", detail)
}
