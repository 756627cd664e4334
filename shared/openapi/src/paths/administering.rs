//! admin-api: types and settings.

use crate::schemas::settings::{PutTenantSettings, TenantSettings};
use crate::schemas::text::TypeKey;
use crate::schemas::types::{NotificationType, TypeDocument, Types};

/// List the tenant's types.
#[utoipa::path(get, path = "/v1/types", tag = "administering", operation_id = "listTypes",
    security(("producer" = ["notifications:admin"])),
    responses((status = 200, description = "The shipped ones with the tenant's changes, and its own.", body = Types)))]
fn list_types() {}

/// Get a type.
#[utoipa::path(get, path = "/v1/types/{key}", tag = "administering", operation_id = "getType",
    security(("producer" = ["notifications:admin"])),
    params(("key" = TypeKey, Path, description = "Its key.")),
    responses((status = 200, description = "It, as it holds for the tenant.", body = NotificationType)))]
fn get_type() {}

/// Change a shipped type, or make one.
///
/// The document is laid over the shipped type. A new one is there at once, a change within a minute.
#[utoipa::path(put, path = "/v1/types/{key}", tag = "administering", operation_id = "putType",
    security(("producer" = ["notifications:admin"])),
    params(("key" = TypeKey, Path, description = "Its key.")),
    request_body(content = TypeDocument, examples(
        ("own" = (summary = "A type of one's own", value = json!({
            "category": "transactional", "priority": "normal", "channels": ["in_app", "push"],
            "templates": {"title": "Order {{ number }} is ready"}}))),
        ("changed" = (summary = "A change of a shipped one", value = json!({"enabled": false, "category": "system", "priority": "low", "channels": ["in_app"]}))),
    )),
    responses((status = 200, description = "It, as it holds now.", body = NotificationType),
        (status = 409, response = crate::complete::Conflict)))]
fn put_type() {}

/// Take back what the tenant changed or added.
#[utoipa::path(delete, path = "/v1/types/{key}", tag = "administering", operation_id = "deleteType",
    security(("producer" = ["notifications:admin"])),
    params(("key" = TypeKey, Path, description = "Its key.")),
    responses((status = 204, description = "The shipped one holds, if there is one.")))]
fn delete_type() {}

/// Get the tenant's settings.
#[utoipa::path(get, path = "/v1/settings", tag = "administering", operation_id = "getTenantSettings",
    security(("producer" = ["notifications:admin"])),
    responses((status = 200, description = "As they hold.", body = TenantSettings)))]
fn get_settings() {}

/// Replace the tenant's settings.
#[utoipa::path(put, path = "/v1/settings", tag = "administering", operation_id = "putTenantSettings",
    security(("producer" = ["notifications:admin"])),
    request_body(content = PutTenantSettings, example = json!({
        "throttle": {"limit": 10, "window_seconds": 3600, "mode": "mute"}, "quiet_hours": "defer",
        "category_caps": {"marketing": {"per_day": 1, "per_week": 3}}, "timezone": "Europe/Zurich"})),
    responses((status = 200, description = "As they hold now.", body = TenantSettings)))]
fn put_settings() {}
