//! inbox-api: changes of one notification. All are idempotent, answer the notification, and are told to the user's sockets.

use crate::schemas::inbox::{Notification, Snooze};
use crate::schemas::text::NotificationId;

/// Mark a notification as read.
#[utoipa::path(post, path = "/api/notifications/{id}/read", tag = "inbox", operation_id = "readNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is read, and seen.", body = Notification)))]
fn read() {}

/// Mark a notification as unread.
#[utoipa::path(post, path = "/api/notifications/{id}/unread", tag = "inbox", operation_id = "unreadNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is unread.", body = Notification)))]
fn unread() {}

/// Archive a notification.
#[utoipa::path(post, path = "/api/notifications/{id}/archive", tag = "inbox", operation_id = "archiveNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is archived.", body = Notification)))]
fn archive() {}

/// Take a notification out of the archive.
#[utoipa::path(post, path = "/api/notifications/{id}/unarchive", tag = "inbox", operation_id = "unarchiveNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is not archived, unless by age.", body = Notification)))]
fn unarchive() {}

/// Mark a notification as seen.
#[utoipa::path(post, path = "/api/notifications/{id}/seen", tag = "inbox", operation_id = "seeNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is seen.", body = Notification)))]
fn seen() {}

/// Say that a push of a notification was opened.
#[utoipa::path(post, path = "/api/notifications/{id}/opened", tag = "inbox", operation_id = "openNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "A push of it was opened, and it is seen.", body = Notification)))]
fn opened() {}

/// Say that a notification was clicked.
#[utoipa::path(post, path = "/api/notifications/{id}/clicked", tag = "inbox", operation_id = "clickNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It was clicked, and is seen.", body = Notification)))]
fn clicked() {}

/// Pin a notification.
#[utoipa::path(post, path = "/api/notifications/{id}/pin", tag = "inbox", operation_id = "pinNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is pinned.", body = Notification)))]
fn pin() {}

/// Unpin a notification.
#[utoipa::path(post, path = "/api/notifications/{id}/unpin", tag = "inbox", operation_id = "unpinNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is not pinned.", body = Notification)))]
fn unpin() {}

/// Bring a snoozed notification back now.
#[utoipa::path(post, path = "/api/notifications/{id}/unsnooze", tag = "inbox", operation_id = "unsnoozeNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    responses((status = 200, description = "It is back in lists and counts.", body = Notification)))]
fn unsnooze() {}

/// Snooze a notification.
///
/// It leaves lists and counts until then, and comes back by itself, unread.
#[utoipa::path(post, path = "/api/notifications/{id}/snooze", tag = "inbox", operation_id = "snoozeNotification",
    security(("user" = [])),
    params(("id" = NotificationId, Path, description = "Of the caller.")),
    request_body(content = Snooze),
    responses((status = 200, description = "It is out of lists and counts.", body = Notification)))]
fn snooze() {}
