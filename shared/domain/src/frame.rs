//! What goes over the socket to a client: `{"event": …, "data": …}`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::{AccountId, Millis, Notification, NotificationId, ReadMarks};

/// Most ids in one frame: a hundred of the longest keep it well below `MAX_FRAME_BYTES`.
const MAX_IDS: usize = 100;

/// Which one, and the account it is of.
type Which<'a> = (&'a NotificationId, Option<&'a AccountId>);

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
    /// `{notification_id, archived_at}`, or `{notification_ids}`
    NotificationArchived,
    /// `{notification_id}`, or `{notification_ids}`
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
    let read = read.into_iter().map(|notification| (&notification.id, notification.account_id.as_ref()));
    let read_at = read_at.to_string();
    by_account(read, |ids| {
        frame(Event::NotificationsBulkRead, json!({"notification_ids": ids, "read_at": read_at}))
    })
}

/// The events of many that were archived or deleted at once, in the same way; more than one an account where they are
/// too many for one.
pub fn bulk_change_frames<'a>(
    event: Event,
    changed: impl IntoIterator<Item = Which<'a>>,
) -> Vec<(Option<&'a AccountId>, String)> {
    by_account(changed, |ids| frame(event, json!({"notification_ids": ids})))
}

/// Frames of at most [`MAX_IDS`] ids of one account.
fn by_account<'a>(
    all: impl IntoIterator<Item = Which<'a>>,
    told: impl Fn(&[&NotificationId]) -> String,
) -> Vec<(Option<&'a AccountId>, String)> {
    let mut by_account: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, account) in all {
        by_account.entry(account).or_default().push(id);
    }
    let frames =
        by_account.iter().flat_map(|(account, ids)| ids.chunks(MAX_IDS).map(move |some| (*account, some)));
    frames.map(|(account, some)| (account, told(some))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_FRAME_BYTES, Ulid, UserId};

    #[test]
    fn many_that_changed_are_told_by_account_in_frames_that_fit() {
        let user = UserId::parse(&"u".repeat(128)).unwrap();
        let id = |n: u128| NotificationId { ulid: Ulid::from(n), user: user.clone() };
        let ids: Vec<_> = (0..250).map(id).collect();
        let work = AccountId::parse("work").unwrap();
        let which = |(n, id)| (id, (n < 240).then_some(&work));
        let frames = bulk_change_frames(Event::NotificationDeleted, ids.iter().enumerate().map(which));
        let mut told = Vec::new();
        for (account, frame) in &frames {
            assert!(frame.len() <= MAX_FRAME_BYTES, "{}", frame.len());
            let frame: serde_json::Value = serde_json::from_str(frame).unwrap();
            assert_eq!(frame["event"], "notification_deleted");
            let of: Vec<NotificationId> =
                serde_json::from_value(frame["data"]["notification_ids"].clone()).unwrap();
            told.push((*account, of));
        }
        let sizes: Vec<_> = told.iter().map(|(account, of)| (*account, of.len())).collect();
        assert_eq!(sizes, [(None, 10), (Some(&work), 100), (Some(&work), 100), (Some(&work), 40)]);
        let mut told: Vec<_> = told.into_iter().flat_map(|(_, of)| of).collect();
        told.sort();
        assert_eq!(told, ids);
    }
}
