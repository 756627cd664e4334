//! The closed vocabularies of `docs/`: category, priority, channel, delivery state, reason.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in JSON, keys and metrics.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// What a type is about; marketing needs consent.
    Category {
        /// Follows from something the user did or that happened to them.
        Transactional = "transactional",
        /// About the service itself.
        System = "system",
        /// Needs the user's consent.
        Marketing = "marketing",
    }
);

words!(
    /// How a notification may be delivered.
    Channel {
        /// The inbox and its WebSocket.
        InApp = "in_app",
        /// FCM and Web Push.
        Push = "push",
        /// SES.
        Email = "email",
        /// SNS.
        Sms = "sms",
        /// A signed POST.
        Webhook = "webhook",
        /// A Slack incoming webhook.
        Slack = "slack",
    }
);

words!(
    /// Where a delivery stands. It only moves forward; the last four are final except by redrive.
    DeliveryState {
        /// Decided, not yet tried.
        Pending = "pending",
        /// Held until a later instant.
        Deferred = "deferred",
        /// Claimed by a sender.
        Sending = "sending",
        /// Handed to the provider (for in_app: stored).
        Sent = "sent",
        /// The provider confirmed it.
        Delivered = "delivered",
        /// The recipient opened it.
        Opened = "opened",
        /// Given up.
        Failed = "failed",
        /// Decided against.
        Skipped = "skipped",
        /// The provider returned it.
        Bounced = "bounced",
        /// Withdrawn by the producer.
        Cancelled = "cancelled",
    }
);

words!(
    /// Why a channel was skipped or failed. The codes are a public contract (`docs/reasons.md`).
    Reason {
        /// Its time to live was over before it could go out.
        Expired = "expired",
        /// The request narrowed the type's channels and left this one out.
        NotRequested = "not_requested",
        /// The deployment has no provider for this channel.
        NotConfigured = "not_configured",
    }
);

/// How urgent a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Accepted as `info` too.
    #[serde(alias = "info")]
    Low,
    /// Accepted as `medium` too.
    #[serde(alias = "medium")]
    Normal,
    /// Accepted as `warning` too.
    #[serde(alias = "warning")]
    High,
    /// Accepted as `urgent` and `alert` too. Never deferred, never throttled.
    #[serde(alias = "urgent", alias = "alert")]
    Critical,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_accept_their_synonyms_and_answer_with_one_word() {
        let table = [
            ("info", "low"),
            ("medium", "normal"),
            ("warning", "high"),
            ("urgent", "critical"),
            ("alert", "critical"),
            ("low", "low"),
        ];
        for (given, kept) in table {
            let priority: Priority = serde_json::from_str(&format!("\"{given}\"")).unwrap();
            assert_eq!(serde_json::to_string(&priority).unwrap(), format!("\"{kept}\""));
        }
        assert!(serde_json::from_str::<Priority>("\"loud\"").is_err());
    }

    #[test]
    fn channels_say_in_json_what_they_say_in_text() {
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_string(channel).unwrap(), format!("\"{channel}\""));
        }
    }
}
