//! Doing what a frame asks for.

use carillon_domain::{Caller, Event, Millis, frame};
use serde_json::{Map, Value, json};

use crate::action::{Action, Request};
use crate::answer::{ActError, App, scope};
use crate::resync::resync;
use crate::{change, rooms};

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
        Action::Change { what, notification_id } => {
            (Vec::new(), change::one(app, caller, what, &notification_id, now).await?)
        }
        Action::BulkRead { notification_ids } => {
            (Vec::new(), change::bulk_read(app, caller, notification_ids, now).await?)
        }
        Action::ReadAll => (Vec::new(), change::read_all(app, caller, now).await?),
        Action::Resync(wanted) => resync(app, caller, wanted, now).await?,
        Action::Subscribe { room, name } => rooms::set(app, caller, (room, &name), true).await?,
        Action::Unsubscribe { room, name } => rooms::set(app, caller, (room, &name), false).await?,
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
    // A resync says itself from when on the next one leaves no gap.
    data.entry("server_time").or_insert_with(|| json!(now.to_string()));
    frame(Event::Ack, data)
}
