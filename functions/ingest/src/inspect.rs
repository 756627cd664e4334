//! `GET /v1/notifications/{id}` and `POST …/cancel`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_auth::Claims;
use carillon_domain::{Channel, Deliveries, Delivery, Millis, Notification, NotificationId, sent_via};
use carillon_http::{Path, Problem};
use carillon_store::{Cancelled, Canceller, Row, Scope, Tombstone};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::app::{ADMIN, App, id, producer};

/// A producer sees its own notifications, an admin the tenant's.
fn may_see(claims: &Claims, owner: Option<&str>) -> bool {
    claims.has_scope(ADMIN) || owner == Some(claims.user.as_str())
}

/// The trace: what was decided and delivered on every channel of the type.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let claims = producer(&app, &headers).await?;
    let id = id(&path?.0)?;
    let scope = Scope { tenant: claims.tenant.clone(), user: id.user.clone(), account: None };
    match app.inbox.get(&scope, &id).await? {
        None => unstored(&app, &claims, &id).await,
        Some(Row::Live(live)) if may_see(&claims, Some(&live.producer)) => {
            Ok(Json(trace(&live)).into_response())
        }
        Some(Row::Gone(gone)) if gone.cancelled_at.is_some() && may_see_cancelled(&claims, &gone) => {
            Ok(Json(cancelled(&id, gone.cancelled_at)).into_response())
        }
        Some(_) => Err(Problem::not_found()),
    }
}

/// Whoever cancelled sees that. Whose it was is not known.
fn may_see_cancelled(claims: &Claims, gone: &Tombstone) -> bool {
    claims.has_scope(ADMIN) || gone.by_admin || gone.cancelled_by.iter().any(|by| by == claims.user.as_str())
}

/// What was decided against, or is not dispatched yet: until then, and while it is scheduled, 404.
async fn unstored(app: &App, claims: &Claims, id: &NotificationId) -> Result<Response, Problem> {
    let now = (app.clock)();
    match app.ledger.trace(&claims.tenant, id, now).await? {
        Some(unstored) if may_see(claims, Some(&unstored.producer)) => Ok(Json(json!({
            "id": id, "type": unstored.type_key, "priority": unstored.priority, "user_id": id.user,
            "account_id": unstored.account_id, "created_at": unstored.created_at.to_string(),
            "deliveries": shown(&unstored.deliveries),
        }))
        .into_response()),
        Some(_) => Err(Problem::not_found()),
        None => {
            let due = (Millis::of(id.ulid).0 - now.0).div_euclid(1000).clamp(0, 86_400);
            Err(Problem::not_found().retry_after(u32::try_from(due).unwrap_or_default() + 1))
        }
    }
}

/// The furthest ahead that anything can be scheduled, in seconds.
const MAX_AHEAD: i64 = 366 * 86_400 + 60;

/// Withdraws what has not been stored yet, and of what is stored, the channels that have not been tried yet.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let claims = producer(&app, &headers).await?;
    let id = id(&path?.0)?;
    let now = (app.clock)();
    // Ids are minted here, so one from further ahead, or older than any message can get, was never issued or is done.
    let age = now.seconds() - Millis::of(id.ulid).seconds();
    if !(-MAX_AHEAD..=60 * 86_400).contains(&age) {
        return Err(Problem::not_found());
    }
    if let Some(unstored) = app.ledger.trace(&claims.tenant, &id, now).await? {
        return Err(if may_see(&claims, Some(&unstored.producer)) {
            Problem::new(StatusCode::CONFLICT, "already_sent", "it was decided that it does not go out")
        } else {
            Problem::not_found()
        });
    }
    let by = Canceller { producer: claims.user.as_str(), admin: claims.has_scope(ADMIN) };
    match app.inbox.cancel(&claims.tenant, &id, &by, now).await? {
        Cancelled::At(at) => Ok(Json(cancelled(&id, Some(at))).into_response()),
        Cancelled::AlreadySent { producer } if may_see(&claims, producer.as_deref()) => {
            match app.inbox.cancel_pending(&claims.tenant, &id, now).await? {
                Some((live, channels)) if !channels.is_empty() => Ok(Json(json!({
                    "id": id, "status": "partly_cancelled", "cancelled_at": now.to_string(), "channels": channels,
                    "deliveries": shown(&live.deliveries),
                }))
                .into_response()),
                Some(_) | None => {
                    let detail = "it is in the recipient's inbox, and no channel waits any more";
                    Err(Problem::new(StatusCode::CONFLICT, "already_sent", detail))
                }
            }
        }
        Cancelled::AlreadySent { .. } => Err(Problem::not_found()),
    }
}

fn cancelled(id: &NotificationId, at: Option<Millis>) -> Value {
    json!({"id": id, "status": "cancelled", "cancelled_at": at.map(|at| at.to_string())})
}

/// One entry a channel.
fn shown(deliveries: &Deliveries) -> Map<String, Value> {
    let one = |(channel, delivery): (&Channel, &Delivery)| {
        let mut shown = json!({
            "state": delivery.state, "reason": delivery.reason, "attempts": delivery.attempts,
            "at": delivery.at.to_string(),
        });
        if let Some(shown) = shown.as_object_mut() {
            let until = delivery.until.map(|until| until.to_string());
            let also =
                [("until", &until), ("detail", &delivery.detail), ("provider_id", &delivery.provider_id)];
            let also =
                also.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
            shown.extend(also);
        }
        (channel.to_string(), shown)
    };
    deliveries.iter().map(one).collect()
}

fn trace(notification: &Notification) -> Value {
    let content = &notification.content;
    json!({
        "id": notification.id, "type": content.type_key, "category": content.category,
        "priority": content.priority, "title": content.title, "body": content.body, "tags": content.tags,
        "user_id": notification.id.user, "account_id": notification.account_id, "org_id": notification.org_id,
        "created_at": notification.created_at.to_string(), "expires_at": content.expires_at.to_string(),
        "sent_via": sent_via(&notification.deliveries),
        "deliveries": shown(&notification.deliveries),
    })
}
