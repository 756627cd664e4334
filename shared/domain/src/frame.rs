//! What goes over the socket to a client: `{"event": …, "data": …}`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::{AccountId, Millis, Notification, ReadMarks};

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
    /// A notification that changed otherwise, whole.
    NotificationUpdated,
    /// `{seen_at, account_id}`
    NotificationsSeenAll,
    /// `{room}`
    Subscribed,
    /// `{room}`
    Unsubscribed,
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
    let shown = |time: Option<Millis>| time.map(|time| time.to_string());
    match event {
        Event::NotificationRead => {
            frame(event, json!({"notification_id": id, "read_at": shown(notification.read_at)}))
        }
        Event::NotificationArchived => {
            frame(event, json!({"notification_id": id, "archived_at": shown(notification.archived_at)}))
        }
        Event::Notification | Event::NotificationUpdated => {
            frame(event, notification.view(&ReadMarks::default()))
        }
        Event::NotificationUnread
        | Event::NotificationsSeenAll
        | Event::Subscribed
        | Event::Unsubscribed
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

/// The events of many that were read at once, one an account, each with the account it is of: a connection limited to
/// one account learns of that one's only.
pub fn bulk_read_frames<'a>(
    read: impl IntoIterator<Item = &'a Notification>,
    read_at: Millis,
) -> Vec<(Option<&'a AccountId>, String)> {
    let mut by_account: BTreeMap<Option<&AccountId>, Vec<_>> = BTreeMap::new();
    for notification in read {
        by_account.entry(notification.account_id.as_ref()).or_default().push(&notification.id);
    }
    let read_at = read_at.to_string();
    let told =
        |ids| frame(Event::NotificationsBulkRead, json!({"notification_ids": ids, "read_at": read_at}));
    by_account.into_iter().map(|(account, ids)| (account, told(ids))).collect()
}

/// The event of a read-all: of everything, or of one account.
#[must_use]
pub fn read_all_frame(account: Option<&AccountId>, read_at: Millis) -> String {
    frame(Event::NotificationsReadAll, json!({"read_at": read_at.to_string(), "account_id": account}))
}

/// An `error` event; the connection stays. `id` is the client's, where its frame could be read that far.
#[must_use]
pub fn error_frame(code: &str, detail: &str, id: Option<&serde_json::Value>) -> String {
    match id {
        Some(id) => frame(Event::Error, json!({"code": code, "detail": detail, "id": id})),
        None => frame(Event::Error, json!({"code": code, "detail": detail})),
    }
}
