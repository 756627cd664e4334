//! inbox-api: what the user wants.

use crate::schemas::preferences::{
    AppSettings, Preferences, PutPreferences, PutSubscription, Silence, Subscription,
};
use crate::schemas::words::InterruptingChannel;

/// Get the user's preferences.
#[utoipa::path(get, path = "/api/notifications/preferences", tag = "preferences", operation_id = "getPreferences",
    security(("user" = [])),
    responses((status = 200, description = "All of them, also before anything was put.", body = Preferences)))]
fn get() {}

/// Merge into the user's preferences.
#[utoipa::path(put, path = "/api/notifications/preferences", tag = "preferences", operation_id = "putPreferences",
    security(("user" = [])),
    request_body(content = PutPreferences, examples(
        ("document" = (summary = "Parts of the document", value = json!({
            "channels": {"email": false}, "types": {"chat_message": {"push_enabled": false}},
            "quiet_hours": {"start": "22:00", "end": "08:00"}, "timezone": "Europe/Zurich"}))),
        ("type" = (summary = "One type", value = json!({"type": "chat_message", "push_enabled": false}))),
        ("flat" = (summary = "An app's flat names", value = json!({
            "notify_new_message": true, "digest_frequency": "daily", "digest_time": "09:00"}))),
    )),
    responses((status = 200, description = "The whole document.", body = Preferences)))]
fn put() {}

/// Silence a sender or a folder.
#[utoipa::path(post, path = "/api/notifications/preferences/silence", tag = "preferences", operation_id = "silence",
    security(("user" = [])),
    request_body(content = Silence, example = json!({"type": "sender", "value": "spam@example.com"})),
    responses((status = 200, description = "The whole document.", body = Preferences)))]
fn silence() {}

/// Take back a silence.
#[utoipa::path(post, path = "/api/notifications/preferences/unsilence", tag = "preferences", operation_id = "unsilence",
    security(("user" = [])),
    request_body(content = Silence, example = json!({"type": "sender", "value": "spam@example.com"})),
    responses((status = 200, description = "The whole document.", body = Preferences)))]
fn unsilence() {}

/// Get the filter of a channel.
#[utoipa::path(get, path = "/api/notifications/subscriptions/{channel}", tag = "preferences",
    operation_id = "getSubscription", security(("user" = [])),
    params(("channel" = InterruptingChannel, Path, description = "The channel.")),
    responses((status = 200, description = "What holds, also before anything was put.", body = Subscription)))]
fn get_subscription() {}

/// Replace the filter of a channel.
#[utoipa::path(put, path = "/api/notifications/subscriptions/{channel}", tag = "preferences",
    operation_id = "putSubscription", security(("user" = [])),
    params(("channel" = InterruptingChannel, Path, description = "The channel.")),
    request_body(content = PutSubscription, example = json!({"enabled": false, "priorities": ["high", "critical"]})),
    responses((status = 200, description = "The filter.", body = Subscription)))]
fn put_subscription() {}

/// Get an app's settings document.
#[utoipa::path(get, path = "/api/notifications/settings", tag = "preferences", operation_id = "getSettings",
    security(("user" = [])),
    responses((status = 200, description = "Exactly as it was put; `{}` before.", body = AppSettings)))]
fn get_settings() {}

/// Replace an app's settings document.
#[utoipa::path(put, path = "/api/notifications/settings", tag = "preferences", operation_id = "putSettings",
    security(("user" = [])),
    request_body(content = AppSettings, example = json!({
        "push_notifications": true, "promotional_emails": false, "categories": {"promotions": false},
        "frequency": "daily", "quietHours": {"start": "22:00", "end": "07:00"}})),
    responses((status = 200, description = "Exactly as it was put.", body = AppSettings)))]
fn put_settings() {}
