//! admin-api: recipients.

use crate::schemas::recipients::{BulkProfiles, Erased, Export, Profile, PutProfile, Updated};
use crate::schemas::text::Id;

/// Get a user's profile.
#[utoipa::path(get, path = "/v1/recipients/{user_id}", tag = "administering", operation_id = "getRecipient",
    security(("producer" = ["notifications:admin"])),
    params(("user_id" = Id, Path, description = "The user.")),
    responses((status = 200, description = "The profile.", body = Profile)))]
fn get() {}

/// Replace a user's profile.
#[utoipa::path(put, path = "/v1/recipients/{user_id}", tag = "administering", operation_id = "putRecipient",
    security(("producer" = ["notifications:admin"])),
    params(("user_id" = Id, Path, description = "The user.")),
    request_body(content = PutProfile, example = json!({
        "email": "ann@example.com", "email_verified": true, "phone": "+4930123456", "locale": "de-CH",
        "timezone": "Europe/Zurich", "attributes": {"role": "host"}})),
    responses((status = 200, description = "The profile.", body = Profile)))]
fn put() {}

/// Erase a user.
///
/// Inbox, profile, preferences, devices, what was counted, traces, connections. What was posted before does not come back.
/// Suppressions of their addresses hold, without saying whose they are.
#[utoipa::path(delete, path = "/v1/recipients/{user_id}", tag = "administering", operation_id = "eraseRecipient",
    security(("producer" = ["notifications:admin"])),
    params(("user_id" = Id, Path, description = "The user.")),
    responses((status = 200, description = "Nothing is left.", body = Erased),
        (status = 202, description = "There is more than one request can erase: repeat it.", body = Erased,
            headers(("retry-after" = i64, description = "Seconds.")))))]
fn erase() {}

/// Replace many profiles.
#[utoipa::path(post, path = "/v1/recipients/bulk", tag = "administering", operation_id = "putRecipients",
    security(("producer" = ["notifications:admin"])),
    request_body(content = BulkProfiles, example = json!({
        "recipients": [{"user_id": "ann", "locale": "de-CH"}, {"user_id": "bob", "email": "bob@example.com"}]})),
    responses((status = 200, description = "They are there.", body = Updated)))]
fn bulk() {}

/// Export everything the tenant holds on a user.
#[utoipa::path(get, path = "/v1/recipients/{user_id}/export", tag = "administering", operation_id = "exportRecipient",
    security(("producer" = ["notifications:admin"])),
    params(("user_id" = Id, Path, description = "The user."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before.")),
    responses((status = 200, description = "All of it, or a page.", body = Export),
        (status = 400, response = crate::complete::BadRequest)))]
fn export() {}
