//! `GET /v1/notifications/{id}` and `POST …/cancel`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use carillon_auth::Claims;
use carillon_domain::{Millis, Notification, NotificationId};
use carillon_http::Problem;
use carillon_store::{Cancelled, Row, Scope};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::app::{ADMIN, App, id, producer};

/// A producer sees its own notifications, an admin the tenant's.
fn may_see(claims: &Claims, owner: Option<&str>) -> bool {
    claims.has_scope(ADMIN) || owner == Some(claims.user.as_str())
}

/// The trace: what was decided and delivered on every channel of the type.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let claims = producer(&app, &headers).await?;
    let id = id(&path)?;
    let scope = Scope { tenant: claims.tenant.clone(), user: id.user.clone(), account: None };
    match app.inbox.get(&scope, &id).await? {
        // Perhaps not dispatched yet.
        None => Err(Problem::not_found().retry_after(1)),
        Some(Row::Live(live)) if may_see(&claims, Some(&live.producer)) => {
            Ok(Json(trace(&live)).into_response())
        }
        // Who posted it is not known any more; a cancellation says nothing but that there was one.
        Some(Row::Gone(gone)) if gone.cancelled_at.is_some() => {
            Ok(Json(cancelled(&id, gone.cancelled_at)).into_response())
        }
        Some(_) => Err(Problem::not_found()),
    }
}

/// Withdraws what has not been stored yet.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let claims = producer(&app, &headers).await?;
    let id = id(&path)?;
    let now = (app.clock)();
    // Ids are minted here, so one from the future, or older than any message can get, was never issued or is done.
    let age = now.seconds() - Millis::of(id.ulid).seconds();
    if !(-60..=14 * 86_400).contains(&age) {
        return Err(Problem::not_found());
    }
    match app.inbox.cancel(&claims.tenant, &id, now).await? {
        Cancelled::At(at) => Ok(Json(cancelled(&id, Some(at))).into_response()),
        Cancelled::AlreadySent { producer } if may_see(&claims, producer.as_deref()) => {
            let detail = "it is in the recipient's inbox already";
            Err(Problem::new(StatusCode::CONFLICT, "already_sent", detail))
        }
        Cancelled::AlreadySent { .. } => Err(Problem::not_found()),
    }
}

fn cancelled(id: &NotificationId, at: Option<Millis>) -> Value {
    json!({"id": id, "status": "cancelled", "cancelled_at": at.map(|at| at.to_string())})
}

fn trace(notification: &Notification) -> Value {
    let deliveries: serde_json::Map<String, Value> = notification
        .deliveries
        .iter()
        .map(|(channel, delivery)| {
            let shown = json!({
                "state": delivery.state, "reason": delivery.reason, "attempts": delivery.attempts,
                "at": delivery.at.to_string(),
            });
            (channel.to_string(), shown)
        })
        .collect();
    let content = &notification.content;
    json!({
        "id": notification.id, "type": content.type_key, "category": content.category,
        "priority": content.priority, "title": content.title, "body": content.body, "tags": content.tags,
        "user_id": notification.id.user, "account_id": notification.account_id, "org_id": notification.org_id,
        "created_at": notification.created_at.to_string(), "expires_at": content.expires_at.to_string(),
        "deliveries": deliveries,
    })
}
