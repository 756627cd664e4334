//! `/v1/push/messages`: push messages past the inbox.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{DirectPush, MAX_FRAME_BYTES, Millis, PushId, Ulid, mint};
use carillon_http::{Path, Problem, holds, idempotency_key, json_body};
use carillon_queue::{DeliveryMessage, DirectMessage, Outgoing, QueueError, pack_direct};
use carillon_store::IdempotencyKey;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::app::{Admin, App};

#[derive(Serialize)]
struct Accepted {
    id: PushId,
    target: &'static str,
}

/// `POST /v1/push/messages`: 202 once all of them lie in the queue.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    admin: Admin,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    let pushes = DirectPush::accept(&body)?;
    let offered = mint(admin.now);
    // Before the key is noted: what is refused may be mended and sent again.
    let mut messages = messages(pushes, offered)?;
    if let Some(key) = idempotency_key(&headers)? {
        let key = IdempotencyKey { tenant: &admin.tenant, producer: &admin.producer, key, body: &body };
        let first = holds(app.ledger.note(&key, offered, admin.now).await?, offered)?;
        if first != offered {
            messages = self::messages(DirectPush::accept(&body)?, first)?;
        }
    }
    let accepted = messages.iter();
    let data: Vec<Accepted> = accepted
        .map(|message| Accepted { id: PushId(message.ulid), target: message.target.kind() })
        .collect();
    let targets = messages.iter().map(|message| (message.ulid, &message.target));
    // What becomes of them is noted there: without its row a message is not sent.
    app.ledger.put_direct(&admin.tenant, targets, admin.now).await?;
    enqueue(&app, &admin, messages).await.map_err(|error| {
        tracing::error!(code = error.code(), %error, "push messages could not be queued");
        Problem::unavailable()
    })?;
    tracing::info!(messages = data.len(), "push messages were accepted");
    Ok((StatusCode::ACCEPTED, Json(json!({"data": data}))).into_response())
}

/// Each with an id of its own, which follows from the first's: a repetition of the request repeats them all.
fn messages(pushes: Vec<DirectPush>, first: Ulid) -> Result<Vec<DirectMessage>, Problem> {
    let mut messages = Vec::with_capacity(pushes.len());
    for (index, push) in (0_u128..).zip(pushes) {
        // The time stays, whatever the random part is.
        let ulid = Ulid::from_parts(first.timestamp_ms(), first.random().wrapping_add(index));
        let target = push.target.clone();
        let message = DirectMessage {
            ulid,
            target,
            content: push.content(ulid),
            left: None,
            reached: 0,
            refused: None,
        };
        let bytes = serde_json::to_string(&message.content).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_FRAME_BYTES {
            let detail = format!("the message is {bytes} bytes; at most {MAX_FRAME_BYTES} are possible");
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail);
            return Err(problem.field(format!("messages[{index}]")));
        }
        messages.push(message);
    }
    Ok(messages)
}

async fn enqueue(app: &App, admin: &Admin, messages: Vec<DirectMessage>) -> Result<(), QueueError> {
    // A repetition is as old as the first: should that one be under way, this one is its double.
    let enqueued_at = messages.first().map_or(admin.now, |message| Millis::of(message.ulid));
    let packed = pack_direct(&admin.tenant, messages, 0, enqueued_at);
    let outgoing =
        packed.into_iter().map(|direct| Outgoing::new(&DeliveryMessage::Direct(Box::new(direct)), 0));
    let outgoing = outgoing.collect::<Result<Vec<_>, _>>()?;
    app.push.send_all(&outgoing).await.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

/// `GET /v1/push/messages/{id}`: what became of it, for a week.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let id = PushId::parse(&path).map_err(|_| Problem::not_found())?;
    let found = app.ledger.direct(&admin.tenant, id.0, admin.now).await?.ok_or_else(Problem::not_found)?;
    let delivery = found.delivery;
    let shown = json!({
        "id": id, "target": found.target, "state": delivery.state, "reason": delivery.reason,
        "detail": delivery.detail, "attempts": delivery.attempts, "at": delivery.at.to_string(),
        "provider_id": delivery.provider_id,
    });
    Ok(Json(shown).into_response())
}
