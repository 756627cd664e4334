//! Doing what a frame asks for.

use carillon_domain::{Caller, Event, Millis, NotificationId, change_frame, frame};
use carillon_realtime::To;
use serde_json::{Map, Value, json};

use crate::action::{Action, Request, not_found};
use crate::answer::{ActError, App, scope};
use crate::resync::resync;

/// Answers with frames in the order they are to be sent. An action that has no event of its own is acked; any
/// action that came with an id is.
pub(crate) async fn act(
    app: &App,
    caller: &Caller,
    request: Request,
    now: Millis,
) -> Result<Vec<String>, ActError> {
    let Request { id, action } = request;
    let name = action.name();
    let (mut frames, result) = match action {
        Action::Ping { timestamp } => {
            let pong = json!({"timestamp": timestamp, "server_time": now.to_string()});
            (vec![frame(Event::Pong, pong)], json!({}))
        }
        Action::GetUnreadCount => {
            let scope = scope(caller);
            let marks = app.inbox.marks(&scope).await?;
            let count = json!({"count": app.inbox.unread_count(&scope, &marks, now).await?});
            (vec![frame(Event::UnreadCount, &count)], count)
        }
        Action::MarkRead { notification_id } => {
            let result = mark_read(app, caller, &notification_id, id.as_ref(), now).await?;
            (Vec::new(), result)
        }
        Action::Resync { last_sync_at } => (resync(app, caller, last_sync_at, now).await?, json!({})),
    };
    if id.is_some() || frames.is_empty() {
        frames.push(ack(id.as_ref(), name, &result, now));
    }
    Ok(frames)
}

fn ack(id: Option<&Value>, action: &str, result: &Value, now: Millis) -> String {
    let mut data: Map<String, Value> = result.as_object().cloned().unwrap_or_default();
    data.insert(String::from("id"), json!(id));
    data.insert(String::from("action"), json!(action));
    data.insert(String::from("server_time"), json!(now.to_string()));
    frame(Event::Ack, data)
}

/// The user's other connections are told; this one is acked, not echoed.
async fn mark_read(
    app: &App,
    caller: &Caller,
    notification_id: &NotificationId,
    id: Option<&Value>,
    now: Millis,
) -> Result<Value, ActError> {
    let scope = scope(caller);
    if notification_id.user != scope.user {
        return Err(ActError::Refused(not_found(id.cloned())));
    }
    let change = app.inbox.mark_read(&scope, notification_id, now).await?;
    let change = change.ok_or_else(|| ActError::Refused(not_found(id.cloned())))?;
    if change.changed {
        let frame = change_frame(Event::NotificationRead, &change.notification);
        let account = change.notification.account_id.as_ref();
        let to = To::Others(account, &caller.connection);
        let posted = app.poster.to_user(&scope.tenant, &scope.user, to, &frame, now).await;
        if let Err(error) = posted {
            // It is read; the others learn it by their next resync.
            tracing::warn!(code = error.code(), %error, "other connections could not be told");
        }
    }
    let read_at = change.notification.read_at.map(|time| time.to_string());
    Ok(json!({"notification_id": notification_id, "read_at": read_at}))
}
