//! ingest.

use crate::schemas::producing::{Accepted, CreateNotification};
use crate::schemas::text::NotificationId;
use crate::schemas::trace::{CancelDone, Trace};

/// Send a notification.
///
/// 202 means durable. With an `Idempotency-Key`, repeating it is safe for 24 hours: the same body gets the same answer and
/// makes one notification.
#[utoipa::path(post, path = "/v1/notifications", tag = "producing", operation_id = "createNotification",
    security(("producer" = ["notifications:send"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Visible ASCII; bound to the body.",
        min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")),
    request_body(content = CreateNotification, examples(
        ("one" = (summary = "To one user", value = json!({
            "type": "booking_confirmed", "recipient": "ann", "title": "Booking confirmed",
            "body": "We look forward to seeing you.", "data": {"booking_id": 42}, "tags": ["entity:booking"],
            "action_url": "/bookings/42"}))),
        ("several" = (summary = "To several, later", value = json!({
            "type": "system_maintenance", "recipients": ["ann", {"user_id": "bob", "email": "bob@example.com"}],
            "title": "Maintenance tonight", "priority": "normal", "channels": ["push"]}))),
    )),
    responses((status = 202, description = "It is queued, durably.", body = Accepted,
        example = json!({"id": "ntf_01KAJ7C0G0Q5T3WXYZABCDEFGHYW5u"}))))]
fn create() {}

/// Ask what became of a notification.
///
/// For the producer that posted it, or one with `notifications:admin`. Before it is dispatched: 404 with `Retry-After`.
#[utoipa::path(get, path = "/v1/notifications/{id}", tag = "producing", operation_id = "getTrace",
    security(("producer" = ["notifications:send"])),
    params(("id" = NotificationId, Path, description = "As the post answered it.")),
    responses((status = 200, description = "What was decided and delivered on every channel.", body = Trace)))]
fn get() {}

/// Withdraw a notification.
///
/// What is not stored yet is withdrawn whole. Of what is in the inbox, the channels that still wait are cancelled; where
/// none does, 409.
#[utoipa::path(post, path = "/v1/notifications/{id}/cancel", tag = "producing", operation_id = "cancelNotification",
    security(("producer" = ["notifications:send"])),
    params(("id" = NotificationId, Path, description = "As the post answered it.")),
    responses((status = 200, description = "It is withdrawn, or what was left of it.", body = CancelDone),
        (status = 409, response = crate::complete::Conflict)))]
fn cancel() {}
