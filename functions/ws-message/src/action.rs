//! What a frame asks for. No I/O here.

use carillon_domain::{Millis, NotificationId};
use serde::Deserialize;
use serde_json::Value;

/// Larger frames are refused; the connection stays. (Above 32 KiB API Gateway itself closes with 1009.)
const MAX_FRAME_BYTES: usize = 16 * 1024;

/// A frame: what to do, and the client's id for the `ack`.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) id: Option<Value>,
    pub(crate) action: Action,
}

/// The actions there are.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    /// Echoes the client's timestamp, whatever it is.
    Ping { timestamp: Value },
    /// Marks one notification as read.
    MarkRead { notification_id: NotificationId },
    /// Asks for the unread count.
    GetUnreadCount,
    /// Asks for what was missed since the `server_time` of the last sync or ack.
    Resync { last_sync_at: Option<Millis> },
}

impl Action {
    /// Its name on the wire.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ping { .. } => "ping",
            Self::MarkRead { .. } => "mark_read",
            Self::GetUnreadCount => "get_unread_count",
            Self::Resync { .. } => "resync",
        }
    }
}

/// Why a frame was refused: a code of `docs/errors.md`, words for a person, the client's id if it could be read.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) id: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>, id: Option<Value>) -> Self {
        Self { code, detail: detail.into(), id }
    }
}

#[derive(Deserialize)]
struct Raw {
    action: String,
    id: Option<Value>,
    timestamp: Option<Value>,
    notification_id: Option<String>,
    last_sync_at: Option<String>,
}

/// Reads a frame.
pub(crate) fn parse(body: &str) -> Result<Request, Refusal> {
    if body.len() > MAX_FRAME_BYTES {
        let detail = format!("a frame may have at most {MAX_FRAME_BYTES} bytes");
        return Err(Refusal::new("frame_too_large", detail, None));
    }
    let value: Value = serde_json::from_str(body)
        .map_err(|_| Refusal::new("bad_json", "the frame is not valid JSON", None))?;
    let id = value.get("id").filter(|id| plain(id)).cloned();
    let raw: Raw = serde_json::from_value(value).map_err(|error| {
        Refusal::new("invalid_request", format!("a frame is an object with an action: {error}"), id.clone())
    })?;
    if raw.id.as_ref().is_some_and(|id| !id.is_null() && !plain(id)) {
        return Err(Refusal::new(
            "invalid_request",
            "id must be a number or a string of at most 128 bytes",
            None,
        ));
    }
    let invalid = |detail: &str| Refusal::new("invalid_request", detail, id.clone());
    let action = match raw.action.as_str() {
        "ping" => Action::Ping { timestamp: raw.timestamp.unwrap_or_default() },
        "get_unread_count" => Action::GetUnreadCount,
        "mark_read" => {
            let text = raw.notification_id.ok_or_else(|| invalid("notification_id is required"))?;
            // What is no id cannot exist, and is told apart from nothing.
            let notification_id = NotificationId::parse(&text).map_err(|_| not_found(id.clone()))?;
            Action::MarkRead { notification_id }
        }
        "resync" => {
            let last_sync_at = match raw.last_sync_at {
                Some(text) => {
                    let time = Millis::parse(&text);
                    Some(time.ok_or_else(|| invalid("last_sync_at must be an RFC 3339 time"))?)
                }
                None => None,
            };
            Action::Resync { last_sync_at }
        }
        _ => return Err(Refusal::new("unknown_action", "there is no such action", id)),
    };
    Ok(Request { id, action })
}

/// The same for what never existed and what belongs to someone else.
pub(crate) fn not_found(id: Option<Value>) -> Refusal {
    Refusal::new("not_found", "there is no such notification", id)
}

fn plain(id: &Value) -> bool {
    id.is_number() || id.as_str().is_some_and(|text| text.len() <= 128)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_is_an_action_or_says_what_is_wrong() {
        let long = format!(r#"{{"action":"ping","timestamp":"{}"}}"#, "x".repeat(MAX_FRAME_BYTES));
        let table = [
            ("{", "bad_json", None),
            ("", "bad_json", None),
            (long.as_str(), "frame_too_large", None),
            ("[]", "invalid_request", None),
            (r#"{"id":1}"#, "invalid_request", Some(json!(1))),
            (r#"{"action":"dance","id":"a"}"#, "unknown_action", Some(json!("a"))),
            (r#"{"action":"ping","id":{}}"#, "invalid_request", None),
            (r#"{"action":"mark_read","id":2}"#, "invalid_request", Some(json!(2))),
            (r#"{"action":"mark_read","notification_id":"ntf_#"}"#, "not_found", None),
            (r#"{"action":"resync","last_sync_at":"yesterday"}"#, "invalid_request", None),
            (r#"{"action":"resync","last_sync_at":5}"#, "invalid_request", None),
        ];
        for (frame, code, id) in table {
            let refusal = parse(frame).unwrap_err();
            assert_eq!((refusal.code, refusal.id), (code, id), "{}", frame.get(..40).unwrap_or(frame));
        }
    }

    #[test]
    fn the_clients_id_and_timestamp_come_back_as_they_were() {
        let request = parse(r#"{"action":"ping","id":"x","timestamp":1.5}"#).unwrap();
        assert_eq!(request, Request { id: Some(json!("x")), action: Action::Ping { timestamp: json!(1.5) } });
        let request =
            parse(r#"{"action":"resync","last_sync_at":"2023-11-14T22:13:20Z","id":null}"#).unwrap();
        let since = Some(Millis(1_700_000_000_000));
        assert_eq!(request, Request { id: None, action: Action::Resync { last_sync_at: since } });
    }
}
