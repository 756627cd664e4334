//! Changing many at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{AccountId, Event, NotificationId, frame};
use carillon_http::{Problem, json_body};
use carillon_realtime::To;
use carillon_store::Change;
use futures::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, User};
use crate::tell;

/// Most ids in one call.
const MAX_IDS: usize = 100;
/// Writes under way at a time.
const IN_FLIGHT: usize = 32;

/// `POST /api/notifications/read-all`: one read and one write, however long the inbox.
pub(crate) async fn read_all(State(app): State<Arc<App>>, user: User) -> Result<Json<Value>, Problem> {
    let read_at = user.now.to_string();
    if app.inbox.read_all(&user.scope, user.now).await? {
        let account = user.scope.account.as_ref();
        let told = frame(Event::NotificationsReadAll, json!({"read_at": read_at, "account_id": account}));
        // One for all accounts changes what the sockets of each of them show.
        let to = if account.is_some() { To::Account(account) } else { To::Everyone };
        tell::frame(&app, &user, to, &told).await;
    }
    Ok(Json(json!({"read_at": read_at, "unread_count": 0})))
}

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
    let changes: Vec<_> = futures::stream::iter(own)
        .map(|id| {
            let (app, user) = (&app, &user);
            async move { app.inbox.mark_read(&user.scope, &id, user.now).await }
        })
        .buffered(IN_FLIGHT)
        .try_collect()
        .await?;
    let changed: Vec<_> = changes.into_iter().flatten().filter(|change| change.changed).collect();
    tell(&app, &user, &changed).await;
    Ok(Json(json!({"updated": changed.len(), "total": total})))
}

/// One event an account: a connection limited to one learns of that one's only.
async fn tell(app: &App, user: &User, changed: &[Change]) {
    let mut by_account: BTreeMap<Option<&AccountId>, Vec<&NotificationId>> = BTreeMap::new();
    for Change { notification, .. } in changed {
        by_account.entry(notification.account_id.as_ref()).or_default().push(&notification.id);
    }
    let read_at = user.now.to_string();
    for (account, ids) in by_account {
        let told = frame(Event::NotificationsBulkRead, json!({"notification_ids": ids, "read_at": read_at}));
        tell::frame(app, user, To::Account(account), &told).await;
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
