//! Reading a frame. No I/O here.

use std::collections::HashSet;

use carillon_domain::{Millis, NotificationId, Room, RoomError, UserId};
use serde_json::Value;

use crate::action::{Action, Refusal, Request, What};
use crate::resync::Wanted;

/// Larger frames are refused; the connection stays. (Above 32 KiB API Gateway itself closes with 1009.)
const MAX_FRAME_BYTES: usize = 16 * 1024;
/// Most ids in one `bulk_read`.
const MAX_IDS: usize = 100;

/// Reads a frame of this user; if it is refused, with the client's id where that could be read.
pub(crate) fn parse(body: &str, own: &UserId) -> Result<Request, (Refusal, Option<Value>)> {
    if body.len() > MAX_FRAME_BYTES {
        let detail = format!("a frame may have at most {MAX_FRAME_BYTES} bytes");
        return Err((Refusal::new("frame_too_large", detail), None));
    }
    let value: Value = serde_json::from_str(body)
        .map_err(|_| (Refusal::new("bad_json", "the frame is not valid JSON"), None))?;
    let given = value.get("id").filter(|id| !id.is_null()).cloned();
    if given.as_ref().is_some_and(|id| !plain(id)) {
        return Err((Refusal::invalid("id must be a number or a string of at most 128 bytes"), None));
    }
    match action(&value, own) {
        Ok(action) => Ok(Request { id: given, action }),
        Err(refusal) => Err((refusal, given)),
    }
}

fn action(frame: &Value, own: &UserId) -> Result<Action, Refusal> {
    let name = frame.get("action").and_then(Value::as_str);
    let name = name.ok_or_else(|| Refusal::invalid("a frame is an object with an action"))?;
    let change = |what| {
        // What is no id cannot exist, and is told apart from nothing; nothing is read for what is another's.
        let id = NotificationId::parse(required(frame, "notification_id")?).ok();
        let notification_id = id.filter(|id| id.user == *own).ok_or_else(Refusal::not_found)?;
        Ok(Action::Change { what, notification_id })
    };
    let room = || {
        let name = required(frame, "room")?;
        let room = Room::parse(name, own).map_err(|error| match error {
            RoomError::NotYours => Refusal::new("forbidden", error.to_string()),
            RoomError::Unknown => Refusal::invalid(error.to_string()),
        })?;
        Ok((room, name.to_owned()))
    };
    match name {
        "ping" => Ok(Action::Ping { timestamp: frame.get("timestamp").cloned().unwrap_or_default() }),
        "get_unread_count" => Ok(Action::GetUnreadCount),
        "mark_read" => change(What::Read),
        "mark_unread" => change(What::Unread),
        "archive" => change(What::Archive),
        "bulk_read" => ids(frame),
        "read_all" => Ok(Action::ReadAll),
        "subscribe" => room().map(|(room, name)| Action::Subscribe { room, name }),
        "unsubscribe" => room().map(|(room, name)| Action::Unsubscribe { room, name }),
        "resync" => wanted(frame).map(Action::Resync),
        _ => Err(Refusal::new("unknown_action", "there is no such action")),
    }
}

/// Where a resync starts. What it goes on after knows since when it was asked.
fn wanted(frame: &Value) -> Result<Wanted, Refusal> {
    if let Some(after) = text(frame, "after")? {
        return Wanted::parse(after).ok_or_else(|| Refusal::invalid("after must be the next of a sync"));
    }
    let time =
        |text| Millis::parse(text).ok_or_else(|| Refusal::invalid("last_sync_at must be an RFC 3339 time"));
    Ok(Wanted { since: text(frame, "last_sync_at")?.map(time).transpose()?, position: None })
}

/// The ids as they were given, each once.
fn ids(frame: &Value) -> Result<Action, Refusal> {
    const FIELD: &str = "notification_ids";
    let given = frame.get(FIELD).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !(1..=MAX_IDS).contains(&given.len()) {
        return Err(Refusal::invalid(format!("{FIELD} must be a list of 1 to {MAX_IDS} ids")));
    }
    let mut seen = HashSet::new();
    let mut notification_ids = Vec::with_capacity(given.len());
    for (index, one) in given.iter().enumerate() {
        let id = NotificationId::parse(one.as_str().unwrap_or_default())
            .map_err(|error| Refusal::invalid(format!("{FIELD}[{index}] {error}")))?;
        if seen.insert(id.clone()) {
            notification_ids.push(id);
        }
    }
    Ok(Action::BulkRead { notification_ids })
}

/// A text field; null is none.
fn text<'a>(frame: &'a Value, field: &str) -> Result<Option<&'a str>, Refusal> {
    match frame.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_str().map(Some).ok_or_else(|| Refusal::invalid(format!("{field} must be a string")))
        }
    }
}

fn required<'a>(frame: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    text(frame, field)?.ok_or_else(|| Refusal::invalid(format!("{field} is required")))
}

fn plain(id: &Value) -> bool {
    id.is_number() || id.as_str().is_some_and(|text| text.len() <= 128)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
