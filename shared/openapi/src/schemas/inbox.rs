//! The inbox.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::text::{Id, NotificationId, Tag, Time, TypeKey};
use super::words::{Category, Priority};

/// A notification in its user's inbox. What is not set is null.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notification {
    id: NotificationId,
    r#type: TypeKey,
    category: Category,
    priority: Priority,
    /// At most 255 characters.
    title: String,
    /// Plain text; may be empty.
    body: String,
    /// The producer's own object, exactly as it was given.
    #[schema(value_type = Option<Object>, additional_properties)]
    data: Option<Value>,
    tags: Vec<Tag>,
    /// Who caused it.
    actor_id: Option<String>,
    sender: Option<Sender>,
    /// A mailbox folder.
    folder: Option<String>,
    account_id: Option<Id>,
    org_id: Option<Id>,
    /// https or root-relative.
    action_url: Option<String>,
    /// https or root-relative.
    image_url: Option<String>,
    created_at: Time,
    /// Not read. An archived or snoozed one does not count, read or not.
    unread: bool,
    /// When the user saw it in a list; what is read was seen.
    seen_at: Option<Time>,
    /// When it was read; for one read by read-all, when read-all was last asked for.
    read_at: Option<Time>,
    clicked_at: Option<Time>,
    /// When a push of it was opened.
    opened_at: Option<Time>,
    archived_at: Option<Time>,
    pinned_at: Option<Time>,
    /// Until when it is out of lists and counts.
    snoozed_until: Option<Time>,
}

/// Who a notification says it is from.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sender {
    name: String,
    #[schema(nullable = false)]
    email: Option<String>,
}

/// A page of the list, newest first.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    #[schema(max_items = 100)]
    data: Vec<Notification>,
    /// Where the next page starts; good for the same user, view and filter only.
    next_cursor: Option<String>,
    /// With a filter there may be more although this page is short, or empty: each call reads a bounded number.
    has_more: bool,
    /// As `unread-count` has it.
    unread_count: u64,
}

/// How many are unread.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Count {
    count: u64,
}

/// Figures about an inbox, without what is snoozed.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stats {
    /// Current and archived ones.
    total: u64,
    /// Always exact.
    unread: u64,
    archived: u64,
    /// The current ones.
    by_type: BTreeMap<String, u64>,
    /// The inbox was too long to count to its end: all but `unread` is of the newest only.
    partial: bool,
}

/// What a read-all did.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadAll {
    read_at: Time,
    unread_count: u64,
}

/// What a seen-all did.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenAll {
    seen_at: Time,
}

/// What was cleaned up.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CleanedUp {
    archived: u64,
    deleted: u64,
    /// There is more: ask again.
    has_more: bool,
}

/// Which to read. What is not the caller's is skipped.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRead {
    #[schema(min_items = 1, max_items = 100)]
    notification_ids: Vec<NotificationId>,
}

/// How many were read.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkReadDone {
    /// So many were unread, and the caller's.
    updated: u64,
    /// So many different ids were given.
    total: u64,
}

/// Until when.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snooze {
    /// RFC 3339, in the future, at most an hour less than 30 days after the notification's creation.
    #[schema(format = DateTime, example = "2027-01-04T08:00:00+01:00")]
    until: String,
}
