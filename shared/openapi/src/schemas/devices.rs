//! Where push goes.

use serde_json::Value;
use utoipa::ToSchema;

use super::text::{FcmToken, Line64, Line128, Locale, P256dh, PushEndpoint, PushSecret, Time};
use super::words::Platform;

/// The user's devices, the last used first.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Devices {
    #[schema(max_items = 50)]
    data: Vec<Device>,
}

/// A device. What push goes to is never shown.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    id: String,
    platform: Platform,
    /// The app's own name for it.
    device_id: Option<String>,
    app_version: Option<String>,
    locale: Option<Locale>,
    created_at: Time,
    last_used_at: Time,
}

/// A device: one of the three forms.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Register {
    /// By an FCM token.
    Fcm(RegisterFcm),
    /// A browser, flat.
    WebPush(RegisterWebPush),
    /// A browser, as it says itself.
    Subscription(RegisterSubscription),
}

/// A device that FCM reaches.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterFcm {
    /// This or `fcm_token`.
    #[schema(nullable = false)]
    token: Option<FcmToken>,
    #[schema(nullable = false)]
    fcm_token: Option<FcmToken>,
    platform: Platform,
    device_id: Option<Line128>,
    app_version: Option<Line64>,
    locale: Option<Locale>,
}

/// A browser that Web Push reaches.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterWebPush {
    /// The push service's URL for this browser.
    endpoint: PushEndpoint,
    p256dh: P256dh,
    auth: PushSecret,
    #[schema(pattern = "^web$")]
    platform: Option<String>,
    device_id: Option<Line128>,
    app_version: Option<Line64>,
    locale: Option<Locale>,
}

/// A browser that Web Push reaches.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterSubscription {
    subscription: PushSubscription,
    #[schema(pattern = "^web$")]
    platform: Option<String>,
    device_id: Option<Line128>,
    app_version: Option<Line64>,
    locale: Option<Locale>,
}

/// `PushSubscription.toJSON()`. What else a browser puts there is not read.
#[derive(ToSchema)]
pub(crate) struct PushSubscription {
    endpoint: PushEndpoint,
    keys: PushKeys,
    /// Not read.
    #[serde(rename = "expirationTime")]
    #[schema(value_type = Option<Value>)]
    expiration_time: Option<Value>,
}

/// The browser's keys.
#[derive(ToSchema)]
pub(crate) struct PushKeys {
    p256dh: P256dh,
    auth: PushSecret,
}

/// The public half of the key pair that push services know this deployment by.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VapidKey {
    public_key: P256dh,
}

/// Which device: by its token, its endpoint, or else the app's own name for it. One must be given.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unregister {
    /// This or `fcm_token`.
    token: Option<String>,
    fcm_token: Option<String>,
    endpoint: Option<String>,
    device_id: Option<String>,
}
