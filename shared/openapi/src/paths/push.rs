//! inbox-api: devices, and this document.

use crate::schemas::devices::{Device, Devices, Register, Unregister, VapidKey};

/// Register a device.
///
/// Do it at every start of the app. Within a tenant a token belongs to one user at a time: registering moves it. At most
/// 50 devices: one more takes the place of the one unused longest.
#[utoipa::path(post, path = "/api/push/register", tag = "push", operation_id = "registerDevice",
    security(("user" = [])),
    request_body(content = Register, example = json!({
        "token": "fcm-token-1", "platform": "android", "device_id": "pixel", "app_version": "1.4.2", "locale": "de-CH"})),
    responses((status = 201, description = "It is new to the user.", body = Device),
        (status = 200, description = "It was the user's already.", body = Device)))]
fn register() {}

/// Give up a device.
#[utoipa::path(delete, path = "/api/push/unregister", tag = "push", operation_id = "unregisterDevice",
    security(("user" = [])),
    request_body(content = Unregister, example = json!({"device_id": "pixel"})),
    responses((status = 204, description = "It is gone, or never was.")))]
fn unregister() {}

/// List the user's devices.
#[utoipa::path(get, path = "/api/push/devices", tag = "push", operation_id = "listDevices",
    security(("user" = [])),
    responses((status = 200, description = "The last used first.", body = Devices)))]
fn devices() {}

/// The key that browsers subscribe with.
///
/// A page gives it to `pushManager.subscribe` as `applicationServerKey`, and registers what it gets.
#[utoipa::path(get, path = "/api/push/vapid-key", tag = "push", operation_id = "getVapidKey",
    security(("user" = [])),
    responses((status = 200, description = "VAPID's public key.", body = VapidKey),
        (status = 404, response = crate::complete::NotFound)))]
fn vapid_key() {}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "document", operation_id = "getOpenApi", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)))]
fn openapi() {}
