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
    /// Where a delivery stands. It only moves forward; the last four are final, except by redrive, and but for a soft
    /// bounce of what arrived after all.
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
    /// When push goes out to a recipient who may be connected.
    PushPolicy {
        /// Only if no live connection took the notification.
        WhenOffline = "when_offline",
        /// Always.
        Always = "always",
    }
);

#[expect(clippy::derivable_impls, reason = "the macro's enums have no #[default]")]
impl Default for PushPolicy {
    fn default() -> Self {
        Self::WhenOffline
    }
}

words!(
    /// Why a channel was skipped, deferred or failed. The codes are a public contract (`docs/reasons.md`).
    Reason {
        /// The tenant switched the type off, or it is not in its registry any more.
        TypeDisabled = "type_disabled",
        /// Its time to live was over before it could go out.
        Expired = "expired",
        /// The request narrowed the type's channels and left this one out.
        NotRequested = "not_requested",
        /// The type's condition for this channel does not hold for this request.
        ConditionNotMet = "condition_not_met",
        /// The recipient switched the type off.
        TypeOptedOut = "type_opted_out",
        /// The type goes only to those who opted in.
        NotOptedIn = "not_opted_in",
        /// The recipient silenced the sender.
        SenderSilenced = "sender_silenced",
        /// The recipient silenced the folder.
        FolderSilenced = "folder_silenced",
        /// The recipient switched the channel off.
        ChannelDisabled = "channel_disabled",
        /// The recipient does not consent to marketing of this kind.
        NoConsent = "no_consent",
        /// The recipient switched the channel off for this type.
        ChannelDisabledForType = "channel_disabled_for_type",
        /// The recipient's filter of the channel is disabled.
        SubscriptionDisabled = "subscription_disabled",
        /// The recipient's filter of the channel does not take this priority.
        PriorityFiltered = "priority_filtered",
        /// None of the tags the recipient asked for on the channel is there.
        TagsNotIncluded = "tags_not_included",
        /// A tag the recipient excluded on the channel is there.
        TagExcluded = "tag_excluded",
        /// The recipient has no device, verified address, number or URL for the channel.
        NoAddress = "no_address",
        /// The address bounced, its owner complained, or a person of the tenant asked for it.
        Suppressed = "suppressed",
        /// The recipient has had as many of this type, or category, as the cap allows.
        FrequencyCap = "frequency_cap",
        /// The recipient has had as many of this priority as the throttle allows.
        Throttled = "throttled",
        /// It is, or was, quiet hours for the recipient.
        QuietHours = "quiet_hours",
        /// A live connection took it, so push was not needed.
        Online = "online_fallforward",
        /// The recipient read, archived, snoozed or deleted it before the channel's time came.
        AlreadyRead = "already_read",
        /// The deployment has no provider for this channel.
        NotConfigured = "not_configured",
        /// The provider refused it for good.
        Rejected = "rejected",
        /// It is larger than the channel's provider takes.
        TooLarge = "too_large",
        /// The provider could not be reached, or could not take it, as often as it was tried.
        Unavailable = "provider_unavailable",
        /// The type's template could not be rendered with what the notification has.
        Template = "template_failed",
        /// The address does not exist, or takes nothing from us: it is suppressed from now on.
        HardBounce = "hard_bounce",
        /// The mailbox was full or its server away for as long as the provider tried.
        SoftBounce = "soft_bounce",
        /// The recipient called it spam: the address is suppressed from now on.
        Complaint = "complaint",
    }
);

words!(
    /// Why an address is suppressed.
    SuppressedFor {
        /// A message to it came back for good.
        HardBounce = "hard_bounce",
        /// Its owner called a message spam.
        Complaint = "complaint",
        /// A person of the tenant asked for it.
        Manual = "manual",
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
