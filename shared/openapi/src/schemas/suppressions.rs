//! Addresses that nothing is sent to.

use utoipa::ToSchema;

use super::text::{Email, NotificationId, Phone, Time};
use super::words::{EmailChannel, Manual, SmsChannel, SuppressedChannel, SuppressedFor};

/// A suppressed address.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suppressed {
    /// Null once its owner was erased: it is known by its hash only.
    #[schema(required)]
    address: Option<String>,
    channel: SuppressedChannel,
    reason: SuppressedFor,
    /// The provider's own code.
    #[schema(required)]
    detail: Option<String>,
    /// What came back.
    #[schema(required)]
    notification_id: Option<NotificationId>,
    created_at: Time,
}

/// Some of them.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressedPage {
    data: Vec<Suppressed>,
    /// Where the next page starts, if there may be one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What is to be suppressed: the channel follows from the address's form.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Suppress {
    Email(SuppressEmail),
    Sms(SuppressSms),
}

/// An email address.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressEmail {
    address: Email,
    channel: Option<EmailChannel>,
    reason: Option<Manual>,
}

/// A number.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressSms {
    address: Phone,
    channel: Option<SmsChannel>,
    reason: Option<Manual>,
}
