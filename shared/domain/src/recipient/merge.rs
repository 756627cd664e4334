//! `PUT /api/notifications/preferences`: what is said is merged into the document, and all of it is checked.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::said::{Part, Said, Setting, said};
use super::silence::{MAX_SILENCED, silenceable};
use super::{Digest, Frequency, Preferences, QuietHours, TypePreference};
use crate::registry::is_key;
use crate::validate::zone;
use crate::{Channel, FieldError, InputError, TimeOfDay, parse_json};

/// Most types a document may speak of.
const MAX_TYPES: usize = 200;
/// Most consents.
const MAX_OPT_IN: usize = 50;
/// Largest document, in bytes of JSON: a decision reads two of them with everything else about a recipient.
const MAX_DOCUMENT: usize = 192 * 1_024;

impl Preferences {
    /// Merges a body into the document: what is not given stays, null resets, maps merge by key. `known` says of a type
    /// key whether there is such a type; types the document speaks of already may be gone.
    pub fn merge(
        &self,
        body: &[u8],
        known: impl Fn(&str) -> Result<(), Option<String>>,
    ) -> Result<Self, InputError> {
        let body: Map<String, Value> = parse_json(body)?;
        let known = |key: &str| if self.types.contains_key(key) { Ok(()) } else { known(key) };
        Ok(self.with(said(body, &known)?)?)
    }

    fn with(&self, Said(said): Said) -> Result<Self, FieldError> {
        let mut draft = Draft::of(self);
        for (setting, (name, value)) in said {
            draft
                .apply(setting, value)
                .map_err(|error| FieldError { field: name + &error.field, ..error })?;
        }
        let merged = draft.finish()?;
        if merged.types.len() > MAX_TYPES {
            return Err(FieldError::new("types", format!("must be at most {MAX_TYPES}")));
        }
        if merged.opt_in.len() > MAX_OPT_IN {
            return Err(FieldError::new("opt_in", format!("must be at most {MAX_OPT_IN}")));
        }
        if merged.too_large() {
            return Err(wrong(format!("the document would be over {MAX_DOCUMENT} bytes")));
        }
        Ok(merged)
    }

    pub(super) fn too_large(&self) -> bool {
        serde_json::to_vec(self).map_or(0, |json| json.len()) > MAX_DOCUMENT
    }
}

/// A document in the making: what must be complete in the end may be in parts until then.
struct Draft {
    document: Preferences,
    quiet: (Option<bool>, Option<TimeOfDay>, Option<TimeOfDay>),
    frequency: Option<Frequency>,
    digest: Digest,
}

/// No summaries.
const NO_DIGEST: Digest =
    Digest { frequency: Frequency::Off, time: None, timezone: None, weekday: None, day: None };

impl Draft {
    fn of(document: &Preferences) -> Self {
        let quiet = document.quiet_hours.as_ref();
        Self {
            quiet: (None, quiet.map(|quiet| quiet.start), quiet.map(|quiet| quiet.end)),
            frequency: document.digest.as_ref().map(|digest| digest.frequency),
            digest: document.digest.clone().unwrap_or(NO_DIGEST),
            document: document.clone(),
        }
    }

    /// The field of an error is what comes after the setting's own name.
    fn apply(&mut self, setting: Setting, value: Value) -> Result<(), FieldError> {
        match setting {
            Setting::Reset(part) => self.reset(part),
            Setting::ResetType(key) => {
                self.document.types.remove(&key);
            }
            Setting::Channel(Channel::InApp) => {
                if switch(value)? == Some(false) {
                    return Err(wrong("is always on"));
                }
            }
            Setting::Channel(channel) => put(&mut self.document.channels, channel, switch(value)?),
            Setting::Type(key, of) => {
                let mut preference = self.document.types.remove(&key).unwrap_or_default();
                *preference.slot(of) = switch(value)?;
                if preference != TypePreference::default() {
                    self.document.types.insert(key, preference);
                }
            }
            Setting::OptIn(key) => {
                if !is_key(&key) {
                    return Err(wrong("must be 1-64 characters of a-z, 0-9 and _"));
                }
                put(&mut self.document.opt_in, key, switch(value)?);
            }
            Setting::Senders => self.document.silenced_senders = silenced(value)?,
            Setting::Folders => self.document.silenced_folders = silenced(value)?,
            Setting::Timezone => self.document.timezone = zone_name(value)?,
            Setting::QuietEnabled => self.quiet.0 = switch(value)?,
            Setting::QuietStart => self.quiet.1 = time(value)?,
            Setting::QuietEnd => self.quiet.2 = time(value)?,
            Setting::Frequency => {
                self.frequency = read(value, "must be off, daily, weekly or monthly")?;
            }
            Setting::DigestTime => self.digest.time = time(value)?,
            Setting::DigestTimezone => self.digest.timezone = zone_name(value)?,
            Setting::Weekday => self.digest.weekday = number(value, 7, "must be 1 (Monday) to 7")?,
            Setting::Day => self.digest.day = number(value, 31, "must be 1 to 31")?,
        }
        Ok(())
    }

    fn reset(&mut self, part: Part) {
        match part {
            Part::Channels => self.document.channels.clear(),
            Part::Types => self.document.types.clear(),
            Part::OptIn => self.document.opt_in.clear(),
            Part::QuietHours => {
                self.quiet = (None, None, None);
                self.document.quiet_hours = None;
            }
            Part::Digest => (self.frequency, self.digest) = (None, NO_DIGEST),
        }
    }

    fn finish(self) -> Result<Preferences, FieldError> {
        let before = self.document.quiet_hours.as_ref().map(|quiet| quiet.enabled);
        let quiet_hours = match self.quiet {
            (enabled, Some(start), Some(end)) => {
                Some(QuietHours { enabled: enabled.or(before).unwrap_or(true), start, end })
            }
            (None | Some(false), None, None) => None,
            (_, None, _) => return Err(FieldError::new("quiet_hours.start", "is required")),
            (_, _, None) => return Err(FieldError::new("quiet_hours.end", "is required")),
        };
        let digest = Digest { frequency: self.frequency.unwrap_or(Frequency::Off), ..self.digest };
        let said = self.frequency.is_some() || digest != NO_DIGEST;
        Ok(Preferences { quiet_hours, digest: said.then_some(digest), ..self.document })
    }
}

impl TypePreference {
    /// The switch of one channel, or the type's own.
    fn slot(&mut self, of: Option<Channel>) -> &mut Option<bool> {
        match of {
            None => &mut self.enabled,
            Some(Channel::InApp) => &mut self.in_app_enabled,
            Some(Channel::Push) => &mut self.push_enabled,
            Some(Channel::Email) => &mut self.email_enabled,
            Some(Channel::Sms) => &mut self.sms_enabled,
            Some(Channel::Webhook) => &mut self.webhook_enabled,
            Some(Channel::Slack) => &mut self.slack_enabled,
        }
    }
}

fn wrong(detail: impl Into<String>) -> FieldError {
    FieldError::new("", detail)
}

fn put<K: Ord>(map: &mut BTreeMap<K, bool>, key: K, value: Option<bool>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

fn read<T: DeserializeOwned>(value: Value, detail: &str) -> Result<Option<T>, FieldError> {
    serde_json::from_value(value).map_err(|_| wrong(detail))
}

fn switch(value: Value) -> Result<Option<bool>, FieldError> {
    read(value, "must be true or false")
}

fn time(value: Value) -> Result<Option<TimeOfDay>, FieldError> {
    read(value, "must be a time of day such as 22:00")
}

fn number(value: Value, max: u8, detail: &str) -> Result<Option<u8>, FieldError> {
    let number: Option<u8> = read(value, detail)?;
    if number.is_none_or(|number| (1..=max).contains(&number)) { Ok(number) } else { Err(wrong(detail)) }
}

fn zone_name(value: Value) -> Result<Option<String>, FieldError> {
    let name: Option<String> = read(value, "must be an IANA time zone such as Europe/Zurich")?;
    name.as_deref().map_or(Ok(()), zone).map_err(wrong)?;
    Ok(name)
}

/// Each once, in the order given.
fn silenced(value: Value) -> Result<Vec<String>, FieldError> {
    let given: Option<Vec<String>> = read(value, "must be a list of texts")?;
    let mut kept: Vec<String> = Vec::new();
    for (index, text) in given.unwrap_or_default().into_iter().enumerate() {
        silenceable(&text).map_err(|detail| FieldError::new(format!("[{index}]"), detail))?;
        if !kept.contains(&text) {
            kept.push(text);
        }
        if kept.len() > MAX_SILENCED {
            return Err(wrong(format!("must be at most {MAX_SILENCED}")));
        }
    }
    Ok(kept)
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
