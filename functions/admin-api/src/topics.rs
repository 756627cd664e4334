//! Who is in which topic. FCM is told by send-push, as far as the users' consent goes.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{FieldError, GoneDevice, InputError, topic_members, topic_name};
use carillon_http::{Path, Problem, json_body};
use carillon_queue::{DeliveryMessage, Outgoing, QueueError, Topics, Trace};
use carillon_store::Until;
use http::HeaderMap;
use serde_json::json;

use crate::app::{Admin, App};

/// What is not written by then is for the next call: well inside the function's and the API's own limits.
const SECONDS: i64 = 10;

/// `POST /v1/push/topics/{topic}/subscribe`.
pub(crate) async fn subscribe(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(topic): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    set(&app, &admin, &topic, &headers, &body, true).await
}

/// `POST /v1/push/topics/{topic}/unsubscribe`.
pub(crate) async fn unsubscribe(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(topic): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    set(&app, &admin, &topic, &headers, &body, false).await
}

async fn set(
    app: &App,
    admin: &Admin,
    topic: &str,
    headers: &HeaderMap,
    body: &[u8],
    member: bool,
) -> Result<Response, Problem> {
    json_body(headers, body)?;
    topic_name(topic).map_err(|detail| InputError::from(FieldError::new("topic", detail)))?;
    let users = topic_members(body)?;
    let until = Until { at: admin.now.plus_seconds(SECONDS), clock: app.clock };
    if !app.recipients.set_topic(&admin.tenant, topic, &users, member, until, admin.now).await? {
        // Each row may be written again, so the whole call may be repeated.
        return Err(Problem::unavailable());
    }
    let updated = users.len();
    tell(app, Topics::of(&admin.tenant, users, admin.now)).await?;
    Ok(Json(json!({"topic": topic, "updated": updated})).into_response())
}

/// `GET /v1/recipients/{user_id}/topics`: by name.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let topics = app.recipients.topics(&admin.user(&path)?).await?;
    Ok(Json(json!({"data": topics})).into_response())
}

/// Takes devices that were erased out of their topics.
pub(crate) async fn leave(app: &App, admin: &Admin, gone: Vec<GoneDevice>) -> Result<(), Problem> {
    if gone.is_empty() {
        return Ok(());
    }
    let (tenant, users, trace) = (admin.tenant.clone(), [].into(), Trace::starting(admin.now));
    tell(app, vec![Topics { tenant, users, gone, trace }]).await
}

async fn tell(app: &App, topics: Vec<Topics>) -> Result<(), Problem> {
    let unavailable = |error: QueueError| {
        tracing::error!(code = error.code(), %error, "topics could not be queued");
        Problem::unavailable()
    };
    let outgoing =
        topics.into_iter().map(|topics| Outgoing::new(&DeliveryMessage::Topics(Box::new(topics)), 0));
    let outgoing = outgoing.collect::<Result<Vec<_>, _>>().map_err(unavailable)?;
    match app.push.send_all(&outgoing).await.into_iter().next() {
        None => Ok(()),
        Some((_, error)) => Err(unavailable(error)),
    }
}
