//! `POST /v1/notifications`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_auth::Claims;
use carillon_domain::{
    Accepted, AccountId, Category, CreateNotification, Millis, NotificationId, Registry, RequestError,
    TenantId, TenantTypes, Ulid, mint,
};
use carillon_http::{Problem, holds, json_body};
use carillon_queue::{Dispatch, DispatchMessage, Punctuality, Trace};
use carillon_store::IdempotencyKey;
use carillon_templates::{About, Wanted, fill, rehearse};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::app::{App, producer, queue_problem};

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let claims = producer(&app, &headers).await?;
    json_body(&headers, &body)?;
    let now = (app.clock)();
    let request = CreateNotification::parse(&body).map_err(refused)?;
    let types = types(&app, &claims.tenant, &request, now).await?;
    let (accepted, offered) = read(&claims.tenant, &types, app.catalog.registry(), request, now)?;
    if let Some(scope) = &accepted.entry.required_scope
        && !claims.has_scope(scope)
    {
        let detail = format!("the type {} needs the scope {scope}", accepted.entry.key);
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).field("type"));
    }
    let ulid = match idempotency_key(&claims, &headers, &body)? {
        None if accepted.overdue => return Err(refused(RequestError::overdue())),
        None => offered,
        // What came in time may be repeated after its time.
        Some(key) if accepted.overdue => {
            let first = app.ledger.replayed(&key, now).await?;
            first.ok_or_else(|| refused(RequestError::overdue()))?
        }
        Some(key) => note(&app, &key, offered, now).await?,
    };
    let (ids, job) = message(claims, accepted, ulid, now);
    // A replay is queued again too: had the first attempt died between the two calls, nothing would be lost, and
    // dispatch drops the double. A notification's time is in its id, so a replay keeps its schedule.
    let name = [job.tenant.to_string(), ulid.to_string()];
    let name = name.each_ref().map(String::as_str);
    let message = DispatchMessage::V1(Box::new(job));
    let sent = app.dispatch.send(&message, Millis::of(ulid), now, &name, Punctuality::Exact).await;
    sent.map_err(|error| queue_problem(&error))?;
    tracing::info!(ulid = %ulid, replay = ulid != offered, "accepted");
    Ok((StatusCode::ACCEPTED, Json(ids)).into_response())
}

/// How fresh what is remembered must be to say that there is no such type.
const UNKNOWN_SECONDS: i64 = 2;

/// The tenant's types, read anew for one that is not among them: it may have been put just now.
async fn types(
    app: &App,
    tenant: &TenantId,
    request: &CreateNotification,
    now: Millis,
) -> Result<Arc<TenantTypes>, Problem> {
    let types = app.catalog.of(tenant, now).await?;
    if request.entry(&types, app.catalog.registry()).is_ok() {
        return Ok(types);
    }
    Ok(app.catalog.since(tenant, now.plus_seconds(-UNKNOWN_SECONDS), now).await?)
}

/// Reads the request against the tenant's registry: what it leaves out comes from the type's templates, and what the senders
/// will render from them is tried. With the id that it is offered.
fn read<'a>(
    tenant: &TenantId,
    types: &'a TenantTypes,
    registry: &'a Registry,
    request: CreateNotification,
    now: Millis,
) -> Result<(Accepted<'a>, Ulid), Problem> {
    let entry = request.entry(types, registry).map_err(refused)?;
    // Before anything is rendered: what is too large is refused for little.
    request.check_size().map_err(refused)?;
    let (title, body, collapse_key) = request.left_out();
    let mut channels = request.channels(entry);
    let wanted = Wanted { title, body, collapse_key };
    let texts = fill(entry, &request.variables(), wanted, &channels);
    let texts = texts.map_err(|error| refused(RequestError::Input(error.into())))?;
    let accepted = request.accept(entry, texts, now).map_err(refused)?;
    let offered = mint(accepted.scheduled_for.unwrap_or(now));
    accepted.check_frame(offered).map_err(refused)?;
    channels.retain(|channel| !accepted.unmet.contains(channel));
    let user = accepted.targets.first().map(|target| target.user.clone());
    let id = user.map(|user| NotificationId { ulid: offered, user }.to_string());
    let about = About {
        notification_id: id.as_deref().unwrap_or_default(),
        account: accepted.account().map(AccountId::as_str),
        locale: None,
        tenant,
        settings: &types.settings,
        unsubscribe_url: (entry.category == Category::Marketing).then_some("https://"),
    };
    let content = accepted.content(offered);
    let rehearsed = rehearse(entry, &content, &accepted.wordings, &channels, &about);
    rehearsed.map_err(|error| refused(RequestError::Input(error.into())))?;
    Ok((accepted, offered))
}

/// The `Idempotency-Key`, if there is one.
fn idempotency_key<'a>(
    claims: &'a Claims,
    headers: &'a HeaderMap,
    body: &'a [u8],
) -> Result<Option<IdempotencyKey<'a>>, Problem> {
    let key = carillon_http::idempotency_key(headers)?;
    Ok(key.map(|key| IdempotencyKey { tenant: &claims.tenant, producer: &claims.user, key, body }))
}

/// Notes the key; answers the id that holds for this request.
async fn note(app: &App, key: &IdempotencyKey<'_>, offered: Ulid, now: Millis) -> Result<Ulid, Problem> {
    holds(app.ledger.note(key, offered, now).await?, offered)
}

/// The answer's ids and the message. Both follow from the request and the ULID alone, so a replay repeats them.
fn message(claims: Claims, accepted: Accepted<'_>, ulid: Ulid, now: Millis) -> (serde_json::Value, Dispatch) {
    let id = |target: &carillon_domain::Target| NotificationId { ulid, user: target.user.clone() };
    let ids: Vec<NotificationId> = accepted.targets.iter().map(id).collect();
    let answer = match ids.as_slice() {
        [id] if accepted.single => json!({"id": id}),
        ids => json!({"ids": ids}),
    };
    let message = Dispatch {
        tenant: claims.tenant,
        ulid,
        producer: claims.user.to_string(),
        content: accepted.content(ulid),
        channels: accepted.entry.channels.clone(),
        requested: accepted.requested,
        unmet: accepted.unmet,
        wordings: accepted.wordings,
        accepted_at: now,
        again: false,
        recipients: accepted.targets,
        trace: Trace::starting(now),
    };
    (answer, message)
}

fn refused(error: RequestError) -> Problem {
    let detail = error.to_string();
    match error {
        RequestError::Input(error) => error.into(),
        RequestError::UnknownType { .. } => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_type", detail).field("type")
        }
        RequestError::TooLarge { .. }
        | RequestError::TooManyWords { .. }
        | RequestError::PushTooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
        }
    }
}
