//! Addresses that a tenant's notifications no longer go to, whoever has them.

use serde::{Deserialize, Serialize};

use crate::validate::{email, phone};
use crate::{Channel, FieldError, InputError, Millis, NotificationId, SuppressedFor, parse_json};

/// One address. Until it is lifted, every delivery to it is skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Email or SMS.
    pub channel: Channel,
    /// As it was given or came back; None once its owner was erased: it is known by its hash only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Why.
    pub reason: SuppressedFor,
    /// The provider's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The notification that came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_id: Option<NotificationId>,
    /// Since when.
    pub created_at: Millis,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    address: String,
    channel: Option<Channel>,
    reason: Option<SuppressedFor>,
}

impl Suppression {
    /// Which channel an address is of, by its form.
    #[must_use]
    pub fn channel_of(address: &str) -> Option<Channel> {
        if phone(address).is_ok() {
            return Some(Channel::Sms);
        }
        email(address).is_ok().then_some(Channel::Email)
    }

    /// Reads `{"address": …, "channel"?, "reason"?: "manual"}`: what a person asks for. The other reasons are a provider's.
    pub fn accept(body: &[u8], now: Millis) -> Result<Self, InputError> {
        let Post { address, channel, reason } = parse_json(body)?;
        let Some(of) = Self::channel_of(&address) else {
            let detail = "must be an email address or an E.164 phone number such as +4930123456";
            return Err(FieldError::new("address", detail).into());
        };
        if channel.is_some_and(|channel| channel != of) {
            return Err(FieldError::new("channel", format!("is {of} for this address")).into());
        }
        if reason.is_some_and(|reason| reason != SuppressedFor::Manual) {
            return Err(FieldError::new("reason", "must be manual").into());
        }
        let (reason, address) = (SuppressedFor::Manual, Some(address));
        Ok(Self { channel: of, address, reason, detail: None, notification_id: None, created_at: now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_of_the_channel_of_its_form() {
        let read = |body: &str| Suppression::accept(body.as_bytes(), Millis(7));
        for (body, channel) in [
            (r#"{"address":"Ann@example.com"}"#, Channel::Email),
            (r#"{"address":"+4930123456","reason":"manual","channel":"sms"}"#, Channel::Sms),
            (r#"{"address":"a@b.c","channel":null}"#, Channel::Email),
        ] {
            let read = read(body).unwrap();
            assert_eq!((read.channel, read.reason), (channel, SuppressedFor::Manual), "{body}");
            assert_eq!(read.created_at, Millis(7));
        }
        for (body, named) in [
            (r#"{"address":"ann"}"#, "address"),
            (r#"{"address":"a@b.c","channel":"sms"}"#, "channel"),
            (r#"{"address":"a@b.c","channel":"in_app"}"#, "channel"),
            (r#"{"address":"a@b.c","reason":"complaint"}"#, "reason"),
            (r#"{"address":"a@b.c","reason":"spite"}"#, "reason"),
            (r#"{"address":"a@b.c","detail":"x"}"#, "detail"),
            (r#"{"address":7}"#, "address"),
            ("{}", "address"),
        ] {
            match read(body).unwrap_err() {
                InputError::Invalid(error) => assert_eq!(error.field, named, "{body}"),
                InputError::Malformed(error) => panic!("{body}: {error}"),
            }
        }
    }
}
