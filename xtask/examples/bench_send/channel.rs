//! What is different between the two.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use crate::work::user;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Email,
    Sms,
}

impl Channel {
    /// By what the function is called.
    pub(crate) fn of(binary: &Path) -> Option<Self> {
        match binary.file_name()?.to_str()? {
            "send-email" => Some(Self::Email),
            "send-sms" => Some(Self::Sms),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// Requests to the provider for a recipient: SNS is asked for opt-outs, too.
    pub(crate) fn requests(self) -> usize {
        match self {
            Self::Email => 1,
            Self::Sms => 2,
        }
    }

    /// Half of them in German: one more compiled template, as a mailing has.
    pub(crate) fn addressee(self, index: usize) -> Value {
        let address = match self {
            Self::Email => json!({"email": format!("{}@example.com", user(index))}),
            // A number that exists, of a German mobile network.
            Self::Sms => json!({"phone": format!("+49151{}", 12_000_000 + index)}),
        };
        let locale = if index.is_multiple_of(2) { "en" } else { "de" };
        json!({"user": user(index), "address": address, "locale": locale})
    }

    /// What the template gives the function beside what all have.
    pub(crate) fn environment(self, provider_url: &str) -> Vec<(String, String)> {
        let mut pairs = vec![("SCHEDULE_GROUP", "bench"), ("SCHEDULE_ROLE_ARN", "bench")];
        pairs.extend(match self {
            Self::Email => [
                ("AWS_ENDPOINT_URL_SESV2", provider_url),
                ("QUEUE_EMAIL_ARN", "bench"),
                ("QUEUE_EMAIL_DLQ_ARN", "bench"),
                ("EMAIL_FROM", "hello@carillon.example"),
                ("CONFIGURATION_SET", "bench"),
                ("UNSUBSCRIBE_SECRET_ID", "unsubscribe"),
                ("PUBLIC_URL", "https://api.example.com"),
            ]
            .to_vec(),
            Self::Sms => [
                ("AWS_ENDPOINT_URL_SNS", provider_url),
                ("QUEUE_SMS_ARN", "bench"),
                ("QUEUE_SMS_DLQ_ARN", "bench"),
                ("SMS_ENABLED", "true"),
            ]
            .to_vec(),
        });
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
