//! `/v1/recipients/{user_id}`: what a tenant says about a user.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{BulkProfiles, Profile, UserId};
use carillon_http::{Path, Problem, json_body};
use carillon_store::{Scope, StoreError};
use http::header::ALLOW;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::app::{Admin, App};

/// A profile as REST shows it; what is not set is null.
#[derive(Serialize)]
struct Shown<'a> {
    user_id: &'a UserId,
    email: Option<&'a str>,
    email_verified: Option<bool>,
    phone: Option<&'a str>,
    locale: Option<&'a str>,
    timezone: Option<&'a str>,
    attributes: Option<Box<RawValue>>,
    suppressed: Vec<&'a str>,
    created_at: String,
    updated_at: String,
}

async fn shown(app: &App, scope: &Scope, profile: &Profile) -> Result<Response, Problem> {
    let attributes = profile.attributes.as_ref().map(|text| text.as_str().to_owned());
    let shown = Shown {
        user_id: &scope.user,
        email: profile.email.as_deref(),
        email_verified: profile.email_verified,
        phone: profile.phone.as_deref(),
        locale: profile.locale.as_deref(),
        timezone: profile.timezone.as_deref(),
        // It was JSON when it was put.
        attributes: attributes.and_then(|text| RawValue::from_string(text).ok()),
        suppressed: suppressed(app, scope, profile).await?,
        created_at: profile.created_at.to_string(),
        updated_at: profile.updated_at.to_string(),
    };
    Ok(Json(shown).into_response())
}

/// Those of the profile's addresses that nothing is sent to.
async fn suppressed<'a>(app: &App, scope: &Scope, profile: &'a Profile) -> Result<Vec<&'a str>, StoreError> {
    let addresses = profile.addresses();
    let found = addresses.iter().map(async |&(channel, address)| {
        let found = app.suppressions.get(&scope.tenant, channel, address).await?;
        Ok::<_, StoreError>(found.map(|_| address))
    });
    let found: Vec<Option<&str>> = futures::future::try_join_all(found).await?;
    Ok(found.into_iter().flatten().collect())
}

/// `GET /v1/recipients/{user_id}`.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let scope = admin.user(&path)?;
    let profile = app.recipients.profile(&scope).await?.ok_or_else(Problem::not_found)?;
    shown(&app, &scope, &profile).await
}

/// `PUT /v1/recipients/{user_id}`: replaces the profile.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let scope = admin.user(&path)?;
    json_body(&headers, &body)?;
    let profile = Profile::accept(&body, admin.now)?;
    let profile = app.recipients.put_profile(&admin.tenant, &scope.user, &profile).await?;
    shown(&app, &scope, &profile).await
}

/// `POST /v1/recipients/bulk`: puts up to 100 profiles. Not a route of its own, because a user may be called `bulk`.
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    if path != "bulk" {
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET,HEAD,PUT,DELETE")]).into_response());
    }
    json_body(&headers, &body)?;
    let profiles = BulkProfiles::accept(&body, admin.now)?;
    let failed = app.recipients.put_profiles(&admin.tenant, &profiles).await;
    match failed.into_iter().next() {
        // Each put replaces, so the whole call may be repeated.
        Some((_, error)) => Err(error.into()),
        None => Ok(Json(json!({"updated": profiles.len()})).into_response()),
    }
}
