//! What a type's document and the layout were before: every change is a version, and a version can be made to hold again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::is_key;
use carillon_http::{Path, Problem};
use carillon_store::{Edit, Edited, Version, Versioned};
use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::{Admin, App};
use crate::{layout, types};

#[derive(Serialize)]
struct Listed {
    data: Vec<Shown>,
}

/// A version as REST shows it.
#[derive(Serialize)]
struct Shown {
    version: u32,
    created_at: String,
    created_by: String,
    deleted: bool,
    restored_from: Option<u32>,
    /// Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Box<RawValue>>,
}

impl From<Version> for Shown {
    fn from(version: Version) -> Self {
        Self {
            version: version.number,
            created_at: version.at.to_string(),
            created_by: version.by.to_string(),
            deleted: version.deleted,
            restored_from: version.restored,
            // It was JSON when it was put.
            document: version.document.and_then(|text| RawValue::from_string(text).ok()),
        }
    }
}

/// Puts or deletes a document. Of two at once, one is told so: it has not seen what the other wrote.
pub(crate) async fn edit(
    app: &App,
    admin: &Admin,
    what: Versioned<'_>,
    document: Option<&str>,
    restored: Option<u32>,
) -> Result<(), Problem> {
    let edit = Edit { document, at: admin.now, by: &admin.producer, restored };
    match app.catalog.edit(&admin.tenant, what, edit).await? {
        Edited::Done(version) => {
            tracing::info!(tenant = %admin.tenant, version, "a document of the catalog was changed");
            Ok(())
        }
        Edited::Missing => Err(Problem::not_found()),
        Edited::Conflict => {
            let detail = "it was changed at the same time: look at it before you change it again";
            Err(Problem::new(StatusCode::CONFLICT, "conflict", detail))
        }
    }
}

fn listed(versions: Vec<Version>) -> Response {
    let data = versions.into_iter().map(Shown::from).collect();
    Json(Listed { data }).into_response()
}

async fn one(app: &App, admin: &Admin, what: Versioned<'_>, number: &str) -> Result<Version, Problem> {
    let number = number.parse().map_err(|_| Problem::not_found())?;
    let version = app.catalog.version(&admin.tenant, what, number).await?;
    version.ok_or_else(Problem::not_found)
}

/// The document of a version that is to hold again.
fn again(version: Version) -> Result<(String, Option<u32>), Problem> {
    let document = version.document.ok_or_else(|| {
        let detail = format!("version {} is a deletion: delete it instead", version.number);
        Problem::new(StatusCode::CONFLICT, "nothing_to_restore", detail)
    })?;
    Ok((document, Some(version.number)))
}

/// The type of a key from the path. What is no key names other rows of the catalog, and is not found.
pub(crate) fn of_key(key: &str) -> Result<Versioned<'_>, Problem> {
    if is_key(key) { Ok(Versioned::Type(key)) } else { Err(Problem::not_found()) }
}

/// `GET /v1/types/{key}/versions`: the newest first. A type that is gone has those that it had.
pub(crate) async fn of_type(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let versions = app.catalog.versions(&admin.tenant, of_key(&key)?).await?;
    if versions.is_empty() {
        let documents = app.catalog.rows(&admin.tenant, true).await?.types;
        types::known(&app.registry, &types::read(&app.registry, &documents), &key)?;
    }
    Ok(listed(versions))
}

/// `GET /v1/types/{key}/versions/{version}`.
pub(crate) async fn one_of_type(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path((key, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let version = one(&app, &admin, of_key(&key)?, &number).await?;
    Ok(Json(Shown::from(version)).into_response())
}

/// `POST /v1/types/{key}/versions/{version}/restore`: as a PUT of its document, which is checked as every one is.
pub(crate) async fn restore_type(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path((key, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let version = one(&app, &admin, of_key(&key)?, &number).await?;
    let (document, restored) = again(version)?;
    types::store(&app, &admin, key, document, restored).await
}

/// `GET /v1/layout/versions`.
pub(crate) async fn of_layout(State(app): State<Arc<App>>, admin: Admin) -> Result<Response, Problem> {
    Ok(listed(app.catalog.versions(&admin.tenant, Versioned::Layout).await?))
}

/// `GET /v1/layout/versions/{version}`.
pub(crate) async fn one_of_layout(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let version = one(&app, &admin, Versioned::Layout, &number).await?;
    Ok(Json(Shown::from(version)).into_response())
}

/// `POST /v1/layout/versions/{version}/restore`.
pub(crate) async fn restore_layout(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let version = one(&app, &admin, Versioned::Layout, &number).await?;
    let (document, restored) = again(version)?;
    layout::store(&app, &admin, &document, restored).await
}
