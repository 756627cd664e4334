//! inbox-api: reading, and what concerns all of an inbox.

use crate::schemas::inbox::{
    BulkRead, BulkReadDone, CleanedUp, Count, Notification, Page, ReadAll, SeenAll, Stats,
};
use crate::schemas::text::{AnyKey, AnyTag, NotificationId};
use crate::schemas::words::PriorityInput;

/// List the inbox, newest first.
///
/// Without what is snoozed. A cursor is good for the same user, view and filter.
#[utoipa::path(get, path = "/api/notifications", tag = "inbox", operation_id = "listNotifications",
    security(("user" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "Default: 20.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
        ("unread_only" = Option<bool>, Query, description = "Only what counts as unread; not with `archived=true`."),
        ("archived" = Option<bool>, Query, description = "True: only what is archived, by hand or by age."),
        ("pinned" = Option<bool>, Query, description = "Only what is pinned, or only what is not."),
        ("type" = Option<Vec<AnyKey>>, Query, description = "One of these types. Repeatable.", max_items = 32),
        ("priority" = Option<Vec<PriorityInput>>, Query, description = "One of these. Repeatable."),
        ("tag" = Option<Vec<AnyTag>>, Query, description = "All of these tags. Repeatable.", max_items = 32),
        ("exclude_tag" = Option<Vec<AnyTag>>, Query, description = "None of these tags. Repeatable.", max_items = 32),
        ("tag_prefix" = Option<AnyTag>, Query, description = "A tag that starts so."),
        ("since" = Option<String>, Query, description = "Created then or later: RFC 3339.", format = DateTime),
    ),
    responses((status = 200, description = "A page.", body = Page),
        (status = 400, response = crate::complete::BadRequest)))]
fn list() {}

/// Count what is unread.
///
/// Not archived, not snoozed, not older than 30 days; exact, and sees your own last write.
#[utoipa::path(get, path = "/api/notifications/unread-count", tag = "inbox", operation_id = "countUnread",
    security(("user" = [])),
    responses((status = 200, description = "How many.", body = Count)))]
fn unread_count() {}

/// Figures about the inbox.
#[utoipa::path(get, path = "/api/notifications/stats", tag = "inbox", operation_id = "getStats",
    security(("user" = [])),
    responses((status = 200, description = "Without what is snoozed.", body = Stats)))]
fn stats() {}

/// Get a notification.
#[utoipa::path(get, path = "/api/notifications/{id}", tag = "inbox", operation_id = "getNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Another user's is the same 404 as one that never was.")),
    responses((status = 200, description = "It.", body = Notification)))]
fn get() {}

/// Delete a notification.
#[utoipa::path(delete, path = "/api/notifications/{id}", tag = "inbox", operation_id = "deleteNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Another user's is the same 404 as one that never was.")),
    responses((status = 204, description = "It is gone from lists and counts.")))]
fn delete() {}

/// Read many.
#[utoipa::path(post, path = "/api/notifications/bulk-read", tag = "inbox", operation_id = "bulkRead",
    security(("user" = [])),
    request_body(content = BulkRead, example = json!({"notification_ids": ["ntf_01KAJ7C0G0Q5T3WXYZABCDEFGHYW5u"]})),
    responses((status = 200, description = "The caller's ones are read.", body = BulkReadDone)))]
fn bulk_read() {}

/// Read all that is stored so far.
///
/// At constant cost, however long the inbox.
#[utoipa::path(post, path = "/api/notifications/read-all", tag = "inbox", operation_id = "readAll",
    security(("user" = [])),
    responses((status = 200, description = "Done.", body = ReadAll)))]
fn read_all() {}

/// Mark all that is stored so far as seen.
///
/// At constant cost, however long the inbox.
#[utoipa::path(post, path = "/api/notifications/seen-all", tag = "inbox", operation_id = "seenAll",
    security(("user" = [])),
    responses((status = 200, description = "Done.", body = SeenAll)))]
fn seen_all() {}

/// Archive what is unread and old, delete what is archived and old.
///
/// Old is 30 days. What is pinned is left alone.
#[utoipa::path(delete, path = "/api/notifications/cleanup-old", tag = "inbox", operation_id = "cleanUpOld",
    security(("user" = [])),
    responses((status = 200, description = "So many.", body = CleanedUp)))]
fn cleanup_old() {}
