//! What users want.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::text::{HttpsUrl, Line320, Tag, TimeOfDay, TypeKey};
use super::words::{Channel, Frequency, InterruptingChannel, Priority, PriorityInput};

/// A user's document: `docs/preferences.md`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preferences {
    /// Global switches. Left out: the channel's default.
    channels: BTreeMap<InterruptingChannel, bool>,
    types: BTreeMap<TypeKey, TypePreference>,
    /// Consent by opt-in key. Left out: given.
    opt_in: BTreeMap<TypeKey, bool>,
    silenced_senders: Vec<Line320>,
    silenced_folders: Vec<Line320>,
    /// IANA; goes before the profile's.
    timezone: Option<String>,
    quiet_hours: Option<QuietHours>,
    digest: Option<Digest>,
}

/// What a user wants of one type. Left out: the type's default.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypePreference {
    /// False: nothing of it is stored.
    enabled: Option<bool>,
    /// False: stored, not posted to sockets.
    in_app_enabled: Option<bool>,
    push_enabled: Option<bool>,
    email_enabled: Option<bool>,
    sms_enabled: Option<bool>,
    webhook_enabled: Option<bool>,
    slack_enabled: Option<bool>,
}

/// When interrupting channels wait. `start` = `end` is the whole day.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuietHours {
    enabled: bool,
    start: TimeOfDay,
    /// Before `start`, it is on the next day.
    end: TimeOfDay,
}

/// How summaries are wanted.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Digest {
    #[schema(pattern = "^(off|daily|weekly|monthly)$")]
    frequency: String,
    #[schema(nullable = false)]
    time: Option<TimeOfDay>,
    /// IANA; goes before the document's own.
    #[schema(nullable = false)]
    timezone: Option<String>,
    /// 1 is Monday.
    #[schema(minimum = 1, maximum = 7, nullable = false)]
    weekday: Option<u8>,
    /// Or the month's last.
    #[schema(minimum = 1, maximum = 31, nullable = false)]
    day: Option<u8>,
}

/// What is given is merged into the document: what is left out stays, null takes away, objects merge by member, lists
/// replace. Besides the document's own members the flat names of the mailbox app are read, in snake or camel case:
/// `notify_{type}` is `types.{type}.enabled`. With `type`, the body is about that one type: `enabled`, `push_enabled`, …
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutPreferences {
    channels: Option<Channels>,
    /// By type key; null takes one away.
    types: Option<BTreeMap<TypeKey, TypePreference>>,
    opt_in: Option<BTreeMap<TypeKey, Option<bool>>>,
    #[schema(max_items = 200)]
    silenced_senders: Option<Vec<Line320>>,
    #[schema(max_items = 200)]
    silenced_folders: Option<Vec<Line320>>,
    #[schema(format = "iana-time-zone")]
    timezone: Option<String>,
    quiet_hours: Option<PutQuietHours>,
    digest: Option<PutDigest>,
    /// The key of a type: the body is then about that type.
    #[schema(format = "notification-type", nullable = false)]
    r#type: Option<String>,
    /// Of the type.
    enabled: Option<bool>,
    /// Of the type.
    in_app_enabled: Option<bool>,
    push_enabled: Option<bool>,
    email_enabled: Option<bool>,
    sms_enabled: Option<bool>,
    webhook_enabled: Option<bool>,
    slack_enabled: Option<bool>,
    quiet_hours_enabled: Option<bool>,
    quiet_hours_start: Option<TimeOfDay>,
    quiet_hours_end: Option<TimeOfDay>,
    digest_frequency: Option<Frequency>,
    digest_time: Option<TimeOfDay>,
    #[schema(format = "iana-time-zone")]
    digest_timezone: Option<String>,
    #[schema(minimum = 1, maximum = 7)]
    digest_weekday: Option<u8>,
    #[schema(minimum = 1, maximum = 31)]
    digest_day: Option<u8>,
}

/// Switches by channel, or a list of those that are on.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Channels {
    /// By channel; `in_app` cannot be switched off.
    Switches(BTreeMap<Channel, Option<bool>>),
    /// The others of the interrupting ones are off.
    On(Vec<Channel>),
}

/// Both times, sooner or later. Null takes away.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutQuietHours {
    /// True if it is left out and both times are given.
    enabled: Option<bool>,
    start: Option<TimeOfDay>,
    end: Option<TimeOfDay>,
}

/// Null takes away.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutDigest {
    frequency: Option<Frequency>,
    time: Option<TimeOfDay>,
    #[schema(format = "iana-time-zone")]
    timezone: Option<String>,
    #[schema(minimum = 1, maximum = 7)]
    weekday: Option<u8>,
    #[schema(minimum = 1, maximum = 31)]
    day: Option<u8>,
}

/// A sender or a folder.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Silence {
    #[schema(pattern = "^(sender|folder)$")]
    r#type: String,
    /// Compared exactly.
    value: Line320,
}

/// The filter of a channel.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    enabled: bool,
    priorities: Vec<Priority>,
    include_tags: Vec<Tag>,
    exclude_tags: Vec<Tag>,
    url: Option<String>,
}

/// Replaces the filter. Null is the default.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutSubscription {
    /// Default: true.
    enabled: Option<bool>,
    /// If any are given, only these go out.
    priorities: Option<Vec<PriorityInput>>,
    /// If any are given, one must be among the notification's.
    #[schema(max_items = 32)]
    include_tags: Option<Vec<Tag>>,
    /// None of these may be among the notification's.
    #[schema(max_items = 32)]
    exclude_tags: Option<Vec<Tag>>,
    /// Where a webhook (https) or Slack message (`https://hooks.slack.com/…`) goes: required to enable these two
    /// channels, not taken by others. At most 2048 bytes, without user name and password.
    url: Option<HttpsUrl>,
}

/// The settings document of an existing app, kept byte for byte: at most 16 KiB. What else is there is kept too. Null is
/// not set. The opt-in keys of the tenant's types are read as well.
#[derive(ToSchema)]
pub(crate) struct AppSettings {
    push_notifications: Option<bool>,
    push: Option<bool>,
    email_notifications: Option<bool>,
    email: Option<bool>,
    sms_notifications: Option<bool>,
    promotional_emails: Option<bool>,
    promotional_push: Option<bool>,
    /// Consent by opt-in key.
    categories: Option<BTreeMap<String, Option<bool>>>,
    frequency: Option<Frequency>,
    #[serde(rename = "quietHours")]
    quiet_hours: Option<AppQuietHours>,
    /// Read as `quietHours` where that is not set.
    #[serde(rename = "quiet_hours")]
    #[schema(value_type = Option<Value>)]
    other_quiet_hours: Option<Value>,
}

/// Both times, or none.
#[derive(ToSchema)]
pub(crate) struct AppQuietHours {
    enabled: Option<bool>,
    start: Option<TimeOfDay>,
    end: Option<TimeOfDay>,
}
