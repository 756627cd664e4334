//! Changing many at once.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{NotificationId, bulk_read_frames};
use carillon_http::{Problem, json_body};
use carillon_realtime::To;
use carillon_store::{Change, StoreError};
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, User};
use crate::tell;

/// Most ids in one call.
const MAX_IDS: usize = 100;
/// Writes under way at a time.
const IN_FLIGHT: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    notification_ids: Vec<String>,
}

/// `POST /api/notifications/bulk-read`: others' ids are skipped.
pub(crate) async fn bulk_read(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    json_body(&headers, &body)?;
    let ids = ids(&body)?;
    let total = ids.len();
    let own = ids.into_iter().filter(|id| id.user == user.scope.user);
    let outcomes: Vec<Result<Option<Change>, StoreError>> = futures::stream::iter(own)
        .map(|id| {
            let (app, user) = (&app, &user);
            async move { app.inbox.mark_read(&user.scope, &id, user.now).await }
        })
        .buffered(IN_FLIGHT)
        .collect()
        .await;
    let mut failure = None;
    let mut changed = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(Some(change)) if change.changed => changed.push(change.notification),
            Ok(_) => {}
            Err(error) => failure = Some(error),
        }
    }
    // What was read is told even where the rest failed: repeating the request changes, and tells, only the rest.
    for (account, frame) in bulk_read_frames(&changed, user.now) {
        tell::frame(&app, &user, To::Account(account), &frame).await;
    }
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(Json(json!({"updated": changed.len(), "total": total}))),
    }
}

fn ids(body: &[u8]) -> Result<Vec<NotificationId>, Problem> {
    const FIELD: &str = "notification_ids";
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            Problem::invalid(FIELD, format!("notification_ids must be a list of ids: {error}"))
        } else {
            let detail = format!("the body is not valid JSON: {error}");
            Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
        }
    })?;
    if !(1..=MAX_IDS).contains(&body.notification_ids.len()) {
        let detail = format!("{FIELD} must have 1 to {MAX_IDS} ids");
        return Err(Problem { status: StatusCode::BAD_REQUEST, ..Problem::invalid(FIELD, detail) });
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut ids = Vec::with_capacity(body.notification_ids.len());
    for (index, text) in body.notification_ids.iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        let id = NotificationId::parse(text)
            .map_err(|error| Problem::invalid(&field, format!("{field} {error}")))?;
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    Ok(ids)
}
