//! The user's devices: where push goes.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{Device, Platform, Unregister};
use carillon_http::{Problem, json_body};
use carillon_store::DeviceRef;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::app::{App, User};
use crate::topics;

/// A device as its user sees it. The token stays inside: who has it can push to the device.
#[derive(Serialize)]
struct Shown {
    id: String,
    platform: Platform,
    device_id: Option<String>,
    app_version: Option<String>,
    locale: Option<String>,
    created_at: String,
    last_used_at: String,
}

impl Shown {
    fn of((id, device): (String, Device)) -> Self {
        Self {
            id,
            platform: device.platform,
            device_id: device.device_id,
            app_version: device.app_version,
            locale: device.locale,
            created_at: device.created_at.to_string(),
            last_used_at: device.last_used_at.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Devices {
    data: Vec<Shown>,
}

/// What a page gives to `pushManager.subscribe` as `applicationServerKey`.
#[derive(Serialize)]
struct VapidKey {
    public_key: String,
}

/// `POST /api/push/register`: 201 for one that is new to the user.
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    // Whoever sends to it checks again where the name leads then; here a person can still be told.
    let endpoint = |url: &str| app.egress.check(url).map(drop).map_err(|refused| refused.to_string());
    let mut device = Device::accept(&body, endpoint, user.now)?;
    let (id, new) = app.recipients.register(&user.scope, &device, user.now).await?;
    if new {
        topics::follow(&app, &user).await?;
        return Ok((StatusCode::CREATED, Json(Shown::of((id, device)))).into_response());
    }
    // It keeps the time of its first registration.
    let devices = app.recipients.devices(&user.scope, user.now).await?;
    if let Some((_, kept)) = devices.into_iter().find(|(kept, _)| *kept == id) {
        device.created_at = kept.created_at;
    }
    Ok(Json(Shown::of((id, device))).into_response())
}

/// `DELETE /api/push/unregister`: 204 also if there is no such device.
pub(crate) async fn unregister(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    json_body(&headers, &body)?;
    let unregister = Unregister::accept(&body)?;
    let device = match &unregister {
        Unregister::Identity(identity) => DeviceRef::Identity(identity),
        Unregister::DeviceId(device_id) => DeviceRef::DeviceId(device_id),
    };
    let gone = app.recipients.give_up(&user.scope, device).await?;
    topics::leave(&app, &user, gone).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/push/devices`: the last used first.
pub(crate) async fn devices(State(app): State<Arc<App>>, user: User) -> Result<Response, Problem> {
    let devices = app.recipients.devices(&user.scope, user.now).await?;
    Ok(Json(Devices { data: devices.into_iter().map(Shown::of).collect() }).into_response())
}

/// `GET /api/push/vapid-key`: 404 where nobody has set one.
pub(crate) async fn vapid_key(State(app): State<Arc<App>>, _: User) -> Result<Response, Problem> {
    if app.vapid_public_key.is_empty() {
        let detail = "this deployment has no key for Web Push";
        return Err(Problem::new(StatusCode::NOT_FOUND, "web_push_not_configured", detail));
    }
    Ok(Json(VapidKey { public_key: app.vapid_public_key.clone() }).into_response())
}
