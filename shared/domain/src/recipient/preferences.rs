//! What a user wants: Carillon's own document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Channel, TimeOfDay};

/// The row `prefs`, and `prefs@{account}` for one account. As REST shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Global switches; `in_app` is not among them. Left out: the channel's default.
    #[serde(default)]
    pub channels: BTreeMap<Channel, bool>,
    /// By type key.
    #[serde(default)]
    pub types: BTreeMap<String, TypePreference>,
    /// Consent by opt-in key, such as `promotions`. Left out: given.
    #[serde(default)]
    pub opt_in: BTreeMap<String, bool>,
    /// Notifications whose sender's name or address is one of these are not stored.
    #[serde(default)]
    pub silenced_senders: Vec<String>,
    /// Notifications of these folders are not stored.
    #[serde(default)]
    pub silenced_folders: Vec<String>,
    /// IANA; goes before the profile's.
    #[serde(default)]
    pub timezone: Option<String>,
    /// When interrupting channels wait.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// How summaries are wanted.
    #[serde(default)]
    pub digest: Option<Digest>,
}

/// What a user wants of one type. Left out: the type's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypePreference {
    /// False: nothing of it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// False: stored, not posted to sockets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_app_enabled: Option<bool>,
    /// Switches push for this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_enabled: Option<bool>,
    /// Switches email for this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_enabled: Option<bool>,
    /// Switches SMS for this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_enabled: Option<bool>,
    /// Switches the webhook for this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_enabled: Option<bool>,
    /// Switches Slack for this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack_enabled: Option<bool>,
}

/// A window on the local clock in which interrupting channels wait. `start` = `end` is the whole day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Whether it holds.
    pub enabled: bool,
    /// First quiet minute.
    pub start: TimeOfDay,
    /// First minute after it; before `start` it is on the next day.
    pub end: TimeOfDay,
}

/// How summaries are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// How often.
    pub frequency: Frequency,
    /// Local time; the deployment's default if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeOfDay>,
    /// IANA; goes before the document's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Of a weekly one: 1 (Monday) to 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekday: Option<u8>,
    /// Of a monthly one: 1 to 31, clamped to the month's last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u8>,
}

/// How often a summary comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// No summaries (`realtime` in some apps' documents).
    #[serde(alias = "realtime", alias = "none")]
    Off,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
}

impl TypePreference {
    /// The switch of one channel.
    #[must_use]
    pub fn switch(&self, channel: Channel) -> Option<bool> {
        match channel {
            Channel::InApp => self.in_app_enabled,
            Channel::Push => self.push_enabled,
            Channel::Email => self.email_enabled,
            Channel::Sms => self.sms_enabled,
            Channel::Webhook => self.webhook_enabled,
            Channel::Slack => self.slack_enabled,
        }
    }
}
