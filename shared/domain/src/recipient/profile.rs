//! What a tenant says about a user.

use serde::{Deserialize, Serialize};

use crate::{Channel, JsonText, Millis};

/// The row `profile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Where email goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Email goes out unless this is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// BCP 47, such as `de-CH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA, such as `Europe/Zurich`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The tenant's own facts, for segments: an object, kept as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<JsonText>,
    /// When it was first put.
    #[serde(default)]
    pub created_at: Millis,
    /// When it was last put.
    #[serde(default)]
    pub updated_at: Millis,
}

impl Profile {
    /// Where messages to the user may go, by channel.
    #[must_use]
    pub fn addresses(&self) -> Vec<(Channel, &str)> {
        let email = self.email.as_deref().map(|email| (Channel::Email, email));
        email.into_iter().chain(self.phone.as_deref().map(|phone| (Channel::Sms, phone))).collect()
    }
}
