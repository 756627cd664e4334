//! Changing a whole inbox at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use carillon_domain::{AccountId, Event, NotificationId, bulk_change_frames, frame, read_all_frame};
use carillon_http::Problem;
use carillon_realtime::To;
use carillon_store::{Cleaned, Cleared};
use serde_json::{Value, json};

use crate::app::{App, User};
use crate::tell;

/// `POST /api/notifications/read-all`: one read and one write, however long the inbox.
pub(crate) async fn read_all(State(app): State<Arc<App>>, user: User) -> Result<Json<Value>, Problem> {
    let read_at = user.now.to_string();
    if app.inbox.read_all(&user.scope, user.now).await? {
        tell(&app, &user, &read_all_frame(user.scope.account.as_ref(), user.now)).await;
    }
    Ok(Json(json!({"read_at": read_at, "unread_count": 0})))
}

/// `POST /api/notifications/seen-all`: the same cost, and nothing becomes read.
pub(crate) async fn seen_all(State(app): State<Arc<App>>, user: User) -> Result<Json<Value>, Problem> {
    let seen_at = user.now.to_string();
    if app.inbox.seen_all(&user.scope, user.now).await? {
        let account = user.scope.account.as_ref();
        let data = json!({"seen_at": seen_at, "account_id": account});
        tell(&app, &user, &frame(Event::NotificationsSeenAll, data)).await;
    }
    Ok(Json(json!({"seen_at": seen_at})))
}

/// `DELETE /api/notifications/cleanup-old`: a bounded number at a time.
pub(crate) async fn cleanup_old(State(app): State<Arc<App>>, user: User) -> Result<Json<Value>, Problem> {
    let mut cleaned = Cleaned::default();
    let outcome = app.inbox.cleanup_old(&user.scope, user.now, &mut cleaned).await;
    // What was changed is told even where the rest failed: repeating the request changes, and tells, only the rest.
    let mut frames = bulk_change_frames(Event::NotificationArchived, which(&cleaned.archived));
    frames.extend(bulk_change_frames(Event::NotificationDeleted, which(&cleaned.deleted)));
    tell::by_account(&app, &user, &frames).await;
    outcome?;
    let (archived, deleted) = (cleaned.archived.len(), cleaned.deleted.len());
    Ok(Json(json!({"archived": archived, "deleted": deleted, "has_more": cleaned.more})))
}

fn which(cleared: &[Cleared]) -> impl Iterator<Item = (&NotificationId, Option<&AccountId>)> {
    cleared.iter().map(|one| (&one.id, one.account.as_ref()))
}

/// One for all accounts changes what the sockets of each of them show.
async fn tell(app: &App, user: &User, frame: &str) {
    let account = user.scope.account.as_ref();
    let to = if account.is_some() { To::Account(account) } else { To::Everyone };
    tell::frame(app, user, to, frame).await;
}
