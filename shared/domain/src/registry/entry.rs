//! One entry of the registry. Shared with the build script, which checks the file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::templates::Templates;
use crate::time_of_day::TimeOfDay;
use crate::vocabulary::{Category, Channel, Priority, PushPolicy};

/// A notification type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationType {
    /// What producers name it by.
    pub key: String,
    /// What it is about.
    pub category: Category,
    /// Used where the request gives none.
    pub priority: Priority,
    /// Every channel it may go out on, `in_app` first.
    pub channels: Vec<Channel>,
    /// False: nothing of it goes out or is stored.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Bounds the interrupting channels only.
    #[serde(default = "one_day")]
    pub ttl_seconds: u32,
    /// The scope a producer's token needs beside `notifications:send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_scope: Option<String>,
    /// How many may interrupt one recipient. Marketing must have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_cap: Option<FrequencyCap>,
    /// Which consent it needs. Marketing must have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_in_key: Option<String>,
    /// False: a recipient gets it only after opting in to the type.
    #[serde(default = "yes")]
    pub default_enabled: bool,
    /// Whether it passes the throttle without being counted.
    #[serde(default)]
    pub throttle_exempt: bool,
    /// Whether it interrupts in quiet hours.
    #[serde(default)]
    pub bypass_quiet_hours: bool,
    /// When push goes out to somebody who is connected.
    #[serde(default)]
    pub push_policy: PushPolicy,
    /// A template: notifications that render the same replace each other on a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collapse_key: Option<String>,
    /// Its own quiet window, which goes before the recipient's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<Window>,
    /// An expression over the request by channel: the channel goes out only where it is true.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<Channel, String>,
    /// JSON Schema of the request's `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_schema: Option<serde_json::Value>,
    /// What each channel says.
    #[serde(default)]
    pub templates: Templates,
    /// The longest SMS, in segments: what is longer is cut.
    #[serde(default = "three", skip_serializing_if = "is_three")]
    pub max_sms_segments: u8,
    /// A request's fields (`data`, `sender`, …), for previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<serde_json::Value>,
}

/// At most so many per recipient: of a type, or of all types of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrequencyCap {
    /// In a local day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// In an ISO week (from Monday).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_week: Option<u32>,
}

/// A window on the recipient's local clock; `end` before `start` is on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First minute.
    pub start: TimeOfDay,
    /// First minute after it.
    pub end: TimeOfDay,
}

fn yes() -> bool {
    true
}

fn one_day() -> u32 {
    86_400
}

fn three() -> u8 {
    3
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_three(segments: &u8) -> bool {
    *segments == three()
}

/// The whole file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) types: Vec<NotificationType>,
}

/// The most a cap may allow: what was counted is kept in one row.
const MAX_CAP: u32 = 100;
/// Longest time to live: 30 days.
const MAX_TTL_SECONDS: u32 = 2_592_000;
/// Longest template of a line or a plain text, in bytes.
pub(super) const MAX_TEMPLATE: usize = 4_096;
/// Largest schema, or sample, in bytes.
const MAX_SCHEMA: usize = 8_192;
/// SNS takes 1,600 characters at most: 11 segments of GSM-7, 24 of UCS-2.
const MAX_SMS_SEGMENTS: u8 = 10;

/// What is wrong with the file, in words for whoever edits it.
pub(crate) fn check(types: &[NotificationType]) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    for entry in types {
        let key = &entry.key;
        entry.check().map_err(|(field, detail)| format!("type {key:?}: {field} {detail}"))?;
        if !seen.insert(key) {
            return Err(format!("type {key:?} is there twice"));
        }
    }
    Ok(())
}

type Wrong = (Cow<'static, str>, String);

fn wrong<T>(field: &'static str, detail: impl Into<String>) -> Result<T, Wrong> {
    Err((Cow::Borrowed(field), detail.into()))
}

/// Whether a text can be a key of types or consents.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(lower)
}

impl FrequencyCap {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let bad = |cap: &Option<u32>| cap.is_some_and(|cap| !(1..=MAX_CAP).contains(&cap));
        if self.per_day.is_none() && self.per_week.is_none() {
            return Err(String::from("must have per_day or per_week"));
        }
        if bad(&self.per_day) || bad(&self.per_week) {
            return Err(format!("must allow 1 to {MAX_CAP}"));
        }
        if matches!((self.per_day, self.per_week), (Some(day), Some(week)) if day > week) {
            return Err(String::from("must not allow more in a day than in a week"));
        }
        Ok(())
    }
}

impl NotificationType {
    /// What is wrong with it: the field, and what it must be.
    pub(crate) fn check(&self) -> Result<(), Wrong> {
        if !is_key(&self.key) {
            return wrong("key", "must be 1-64 characters of a-z, 0-9 and _");
        }
        self.check_channels()?;
        if !(1..=MAX_TTL_SECONDS).contains(&self.ttl_seconds) {
            return wrong("ttl_seconds", format!("must be 1 to {MAX_TTL_SECONDS}"));
        }
        if self.required_scope.as_ref().is_some_and(|scope| {
            !(1..=128).contains(&scope.len()) || !scope.bytes().all(|byte| byte.is_ascii_graphic())
        }) {
            return wrong("required_scope", "must be 1-128 visible ASCII characters");
        }
        if let Some(cap) = &self.frequency_cap {
            cap.check().map_err(|detail| (Cow::Borrowed("frequency_cap"), detail))?;
        }
        if self.opt_in_key.as_deref().is_some_and(|key| !is_key(key)) {
            return wrong("opt_in_key", "must be 1-64 characters of a-z, 0-9 and _");
        }
        if self.category == Category::Marketing {
            if self.frequency_cap.is_none() {
                return wrong("frequency_cap", "is required of a marketing type");
            }
            if self.opt_in_key.is_none() {
                return wrong("opt_in_key", "is required of a marketing type");
            }
            if self.priority == Priority::Critical {
                return wrong("priority", "of a marketing type cannot be critical");
            }
        }
        self.check_texts()
    }

    fn check_channels(&self) -> Result<(), Wrong> {
        if self.channels.first() != Some(&Channel::InApp) {
            return wrong("channels", "must begin with in_app, which is always on");
        }
        let mut channels = self.channels.clone();
        channels.sort_unstable();
        channels.dedup();
        if channels.len() != self.channels.len() {
            return wrong("channels", "must name a channel once");
        }
        for channel in self.conditions.keys() {
            if *channel == Channel::InApp || !self.channels.contains(channel) {
                return wrong(
                    "conditions",
                    format!("cannot be on {channel}: not an interrupting channel of the type"),
                );
            }
        }
        Ok(())
    }

    fn check_texts(&self) -> Result<(), Wrong> {
        self.templates.check().map_err(|(field, detail)| (Cow::Owned(field), detail))?;
        if self.collapse_key.as_ref().is_some_and(|text| text.is_empty() || text.len() > MAX_TEMPLATE) {
            return wrong("collapse_key", format!("must be 1 to {MAX_TEMPLATE} bytes"));
        }
        if !(1..=MAX_SMS_SEGMENTS).contains(&self.max_sms_segments) {
            return wrong("max_sms_segments", format!("must be 1 to {MAX_SMS_SEGMENTS}"));
        }
        if self.conditions.values().any(|text| text.is_empty() || text.len() > MAX_TEMPLATE) {
            return wrong("conditions", format!("must be 1 to {MAX_TEMPLATE} bytes each"));
        }
        for (field, value) in [("data_schema", &self.data_schema), ("sample", &self.sample)] {
            let Some(value) = value else { continue };
            if !value.is_object() {
                return wrong(field, "must be an object");
            }
            if value.to_string().len() > MAX_SCHEMA {
                return wrong(field, format!("must be at most {MAX_SCHEMA} bytes"));
            }
        }
        Ok(())
    }
}
