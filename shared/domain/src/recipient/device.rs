//! Where push goes.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Millis};

/// What a device runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// APNs, through FCM.
    Ios,
    /// FCM.
    Android,
    /// A browser: FCM, or Web Push.
    Web,
}

/// How a device is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DeviceAddress {
    /// Web Push (RFC 8030).
    WebPush {
        /// The push service's URL for this browser; https.
        endpoint: String,
        /// The browser's public key, base64url.
        p256dh: String,
        /// The authentication secret, base64url.
        auth: String,
    },
    /// An FCM registration token.
    Fcm {
        /// The token.
        token: String,
    },
}

/// The row `device#{sha256 of the token or endpoint}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Where to.
    #[serde(flatten)]
    pub address: DeviceAddress,
    /// What it runs.
    pub platform: Platform,
    /// The app's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The app's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Registered by a token limited to this account: it gets what is of that account only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// When it was registered first.
    pub created_at: Millis,
    /// When it was last registered or reached.
    pub last_used_at: Millis,
}

impl DeviceAddress {
    /// What makes it this device: the token, or the endpoint.
    #[must_use]
    pub fn identity(&self) -> &str {
        match self {
            Self::WebPush { endpoint, .. } => endpoint,
            Self::Fcm { token } => token,
        }
    }
}
