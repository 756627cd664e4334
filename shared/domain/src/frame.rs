//! What goes over the socket to a client: `{"event": …, "data": …}`.

use serde::Serialize;
use serde_json::json;

use crate::{Notification, ReadMarks};

/// The events a client can receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A new notification, whole.
    Notification,
    /// `{notification_id, read_at}`
    NotificationRead,
    /// `{notification_id}`
    NotificationUnread,
    /// `{notification_ids, read_at}`
    NotificationsBulkRead,
    /// `{read_at}`
    NotificationsReadAll,
    /// `{notification_id, archived_at}`
    NotificationArchived,
    /// `{notification_id}`
    NotificationDeleted,
    /// `{notifications, unread_count, server_time, has_more}`
    Sync,
    /// `{count}`
    UnreadCount,
    /// `{timestamp, server_time}`
    Pong,
    /// `{id, action, server_time, …result}`
    Ack,
    /// `{code, detail, id?}`
    Error,
}

#[derive(Serialize)]
struct Frame<T> {
    event: Event,
    data: T,
}

/// Renders a frame. What we put into one always serialises; should it ever not, the client gets an error frame
/// rather than silence.
#[must_use]
pub fn frame<T: Serialize>(event: Event, data: T) -> String {
    serde_json::to_string(&Frame { event, data }).unwrap_or_else(|_| {
        String::from(r#"{"event":"error","data":{"code":"internal","detail":"could not render the event"}}"#)
    })
}

/// The frame of a new notification: the one whose size is limited.
#[must_use]
pub fn notification_frame(notification: &Notification) -> String {
    frame(Event::Notification, notification.view(&ReadMarks::default()))
}

/// The event of one notification that was read, made unread, archived or deleted.
#[must_use]
pub fn change_frame(event: Event, notification: &Notification) -> String {
    let id = &notification.id;
    let shown = |time: Option<crate::Millis>| time.map(|time| time.to_string());
    match event {
        Event::NotificationRead => {
            frame(event, json!({"notification_id": id, "read_at": shown(notification.read_at)}))
        }
        Event::NotificationArchived => {
            frame(event, json!({"notification_id": id, "archived_at": shown(notification.archived_at)}))
        }
        Event::Notification
        | Event::NotificationUnread
        | Event::NotificationsBulkRead
        | Event::NotificationsReadAll
        | Event::NotificationDeleted
        | Event::Sync
        | Event::UnreadCount
        | Event::Pong
        | Event::Ack
        | Event::Error => frame(event, json!({"notification_id": id})),
    }
}

/// An `error` event; the connection stays. `id` is the client's, where its frame could be read that far.
#[must_use]
pub fn error_frame(code: &str, detail: &str, id: Option<&serde_json::Value>) -> String {
    match id {
        Some(id) => frame(Event::Error, json!({"code": code, "detail": detail, "id": id})),
        None => frame(Event::Error, json!({"code": code, "detail": detail})),
    }
}
