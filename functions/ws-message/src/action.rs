//! What a frame can ask for, and why it can be refused.

use carillon_domain::{NotificationId, Room};
use serde_json::Value;

use crate::resync::Wanted;

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
    /// Changes one notification.
    Change { what: What, notification_id: NotificationId },
    /// Marks several as read.
    BulkRead { notification_ids: Vec<NotificationId> },
    /// Marks all as read.
    ReadAll,
    /// Asks for the unread count.
    GetUnreadCount,
    /// Asks for what was missed since the `server_time` of the last sync or ack, or for what an answer left over.
    Resync(Wanted),
    /// Enters a room; `name` is how the client called it.
    Subscribe { room: Room, name: String },
    /// Leaves a room.
    Unsubscribe { room: Room, name: String },
}

/// What becomes of one notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Read,
    Unread,
    Archive,
}

impl Action {
    /// Its name on the wire.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ping { .. } => "ping",
            Self::Change { what: What::Read, .. } => "mark_read",
            Self::Change { what: What::Unread, .. } => "mark_unread",
            Self::Change { what: What::Archive, .. } => "archive",
            Self::BulkRead { .. } => "bulk_read",
            Self::ReadAll => "read_all",
            Self::GetUnreadCount => "get_unread_count",
            Self::Resync(_) => "resync",
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
        }
    }
}

/// Why a frame was refused: a code of `docs/errors.md`, and words for a person.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// A field is missing or of the wrong form.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new("invalid_request", detail)
    }

    /// The same for what never existed and what belongs to someone else.
    pub(crate) fn not_found() -> Self {
        Self::new("not_found", "there is no such notification")
    }
}
