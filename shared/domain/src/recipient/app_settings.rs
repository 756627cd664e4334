//! The settings documents of existing apps: stored verbatim, read by fixed rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::QuietHours;
use super::preferences::Frequency;
use crate::input::{FieldError, InputError, parse_json};
use crate::{JsonText, TimeOfDay};

/// Largest document, in bytes.
const MAX_BYTES: usize = 16 * 1_024;
/// What must be a boolean, or null for "not set".
const FLAGS: [&str; 7] = [
    "push_notifications",
    "push",
    "email_notifications",
    "email",
    "sms_notifications",
    "promotional_emails",
    "promotional_push",
];
/// What has a meaning of its own at top level besides: none of these is a consent. `sms` means nothing.
const OTHERS: [&str; 5] = ["sms", "frequency", "quietHours", "quiet_hours", "categories"];

/// What the rules read of a settings document. Null and unknown keys are "not set".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppSettings {
    /// `push_notifications`, else `push`.
    pub push: Option<bool>,
    /// `email_notifications`, else `email`.
    pub email: Option<bool>,
    /// `sms_notifications`; a key `sms` is ignored.
    pub sms: Option<bool>,
    /// `promotional_push`.
    pub promotional_push: Option<bool>,
    /// `promotional_emails`.
    pub promotional_emails: Option<bool>,
    /// Consent by opt-in key: the boolean at top level, else in `categories`.
    pub opt_in: BTreeMap<String, bool>,
    /// `frequency`: realtime, daily, weekly.
    pub frequency: Option<Frequency>,
    /// `quietHours {start, end}`.
    pub quiet_hours: Option<QuietHours>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Verbatim(#[serde(deserialize_with = "JsonText::from_object")] Option<JsonText>);

impl AppSettings {
    /// Reads a document for storing it: what the rules will read must be readable. `opt_in_keys` are the consents that
    /// the tenant's types need.
    pub fn check(body: &[u8], opt_in_keys: &BTreeSet<&str>) -> Result<JsonText, InputError> {
        let Verbatim(Some(text)) = parse_json(body)? else {
            return Err(FieldError::new("", "must be an object").into());
        };
        if text.as_str().len() > MAX_BYTES {
            return Err(FieldError::new("", format!("must be at most {MAX_BYTES} bytes")).into());
        }
        check_members(&parse_json(body)?, opt_in_keys)?;
        Ok(text)
    }

    /// Reads a stored document: what cannot be read is not set.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let document: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let flag = |name: &str| document.get(name).and_then(Value::as_bool);
        let mut opt_in = BTreeMap::new();
        if let Some(Value::Object(categories)) = document.get("categories") {
            opt_in.extend(booleans(categories));
        }
        opt_in.extend(booleans(&document).filter(|(key, _)| !is_fixed(key)));
        let (_, window) = quiet_hours(&document);
        Self {
            push: flag("push_notifications").or_else(|| flag("push")),
            email: flag("email_notifications").or_else(|| flag("email")),
            sms: flag("sms_notifications"),
            promotional_push: flag("promotional_push"),
            promotional_emails: flag("promotional_emails"),
            opt_in,
            frequency: document.get("frequency").and_then(frequency),
            quiet_hours: window.and_then(|window| self::window("", window).ok().flatten()),
        }
    }
}

fn check_members(document: &Map<String, Value>, opt_in_keys: &BTreeSet<&str>) -> Result<(), FieldError> {
    let consents = opt_in_keys.iter().filter(|key| !is_fixed(key));
    for name in FLAGS.iter().chain(consents) {
        document.get(*name).map_or(Ok(()), |value| switch(name, value))?;
    }
    match document.get("categories") {
        None | Some(Value::Null) => {}
        Some(Value::Object(categories)) => {
            categories.iter().try_for_each(|(key, value)| switch(&format!("categories.{key}"), value))?;
        }
        Some(_) => return Err(FieldError::new("categories", "must be an object")),
    }
    if document.get("frequency").is_some_and(|value| !value.is_null() && frequency(value).is_none()) {
        return Err(FieldError::new("frequency", "must be realtime, daily, weekly or monthly"));
    }
    let (name, given) = quiet_hours(document);
    given.map_or(Ok(None), |given| window(name, given))?;
    Ok(())
}

fn is_fixed(key: &str) -> bool {
    FLAGS.contains(&key) || OTHERS.contains(&key)
}

fn booleans(members: &Map<String, Value>) -> impl Iterator<Item = (String, bool)> {
    members.iter().filter_map(|(key, value)| Some((key.clone(), value.as_bool()?)))
}

fn switch(name: &str, value: &Value) -> Result<(), FieldError> {
    if value.is_boolean() || value.is_null() {
        Ok(())
    } else {
        Err(FieldError::new(name, "must be true or false"))
    }
}

fn frequency(value: &Value) -> Option<Frequency> {
    Frequency::deserialize(value).ok()
}

/// The first of the two names that is set.
fn quiet_hours(document: &Map<String, Value>) -> (&'static str, Option<&Value>) {
    let set = |name: &str| document.get(name).filter(|value| !value.is_null());
    match set("quietHours") {
        Some(given) => ("quietHours", Some(given)),
        None => ("quiet_hours", set("quiet_hours")),
    }
}

/// `{start, end}`, and what else an app keeps there. `enabled: false` switches it off.
fn window(name: &str, given: &Value) -> Result<Option<QuietHours>, FieldError> {
    let Some(given) = given.as_object() else { return Err(FieldError::new(name, "must be an object")) };
    let wrong = |field: &str, detail: &str| FieldError::new(format!("{name}.{field}"), detail);
    let set = |field: &str| given.get(field).filter(|value| !value.is_null());
    let time = |field: &str| {
        let time = |value: &Value| value.as_str().and_then(TimeOfDay::parse);
        let bad = || wrong(field, "must be a time of day such as 22:00");
        set(field).map(|value| time(value).ok_or_else(bad)).transpose()
    };
    let enabled = match set("enabled") {
        None => true,
        Some(value) => value.as_bool().ok_or_else(|| wrong("enabled", "must be true or false"))?,
    };
    match (time("start")?, time("end")?) {
        (Some(start), Some(end)) => Ok(Some(QuietHours { enabled, start, end })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(wrong("start", "is required")),
        (Some(_), None) => Err(wrong("end", "is required")),
    }
}

#[cfg(test)]
#[path = "app_settings_tests.rs"]
mod tests;
