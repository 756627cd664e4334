//! What a PUT of preferences says, setting by setting, whichever way it is spelled: Carillon's own document, the flat
//! names of the mailbox app (`notify_new_message`, `quietHoursStart`), or `{type, push_enabled}` for one type.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{Channel, FieldError};

/// One thing that can be set. In this order they are applied: what is reset as a whole comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    Reset(Part),
    ResetType(String),
    Channel(Channel),
    /// Of one type: a channel's switch, or the type's own.
    Type(String, Option<Channel>),
    OptIn(String),
    Senders,
    Folders,
    Timezone,
    QuietEnabled,
    QuietStart,
    QuietEnd,
    Frequency,
    DigestTime,
    DigestTimezone,
    Weekday,
    Day,
}

/// What null resets as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Channels,
    Types,
    OptIn,
    QuietHours,
    Digest,
}

/// Says of a type key whether there is such a type; if not, which comes nearest.
pub(super) type Known<'a> = &'a dyn Fn(&str) -> Result<(), Option<String>>;

/// By setting: the name it came by, for errors, and the value. Null: not set any more.
#[derive(Debug, Default)]
pub(super) struct Said(pub(super) BTreeMap<Setting, (String, Value)>);

pub(super) fn said(body: Map<String, Value>, known: Known<'_>) -> Result<Said, FieldError> {
    let mut said = Said::default();
    match body.get("type") {
        Some(key) => said.one_type(key.clone(), body, known)?,
        None => body.into_iter().try_for_each(|(name, value)| said.member(name, value, known))?,
    }
    Ok(said)
}

impl Said {
    /// Apps repeat themselves (`channels` and `pushEnabled`): a channel is on if nothing in the body switches it off.
    /// Otherwise they must not contradict themselves.
    fn say(&mut self, setting: Setting, name: String, value: Value) -> Result<(), FieldError> {
        let channel = matches!(setting, Setting::Channel(_));
        match self.0.get(&setting) {
            Some((before, told)) if !channel && *told != value => {
                Err(FieldError::new(name, format!("contradicts {before}")))
            }
            Some((_, told)) if weight(told) >= weight(&value) => Ok(()),
            Some(_) | None => {
                self.0.insert(setting, (name, value));
                Ok(())
            }
        }
    }

    fn member(&mut self, name: String, value: Value, known: Known<'_>) -> Result<(), FieldError> {
        let snake = snake_case(&name);
        let setting = match snake.as_str() {
            "channels" => return self.channels(&name, value),
            "types" => return self.types(&name, value, known),
            "opt_in" => {
                let members = members(Part::OptIn, &name, value)?;
                return self.each(Part::OptIn, &name, members, |key| Some(Setting::OptIn(key.to_owned())));
            }
            "quiet_hours" => return self.quiet_hours(&name, value),
            "digest" => {
                let members = members(Part::Digest, &name, value)?;
                return self.each(Part::Digest, &name, members, |key| nested("digest_", &snake_case(key)));
            }
            "silenced_senders" => Setting::Senders,
            "silenced_folders" => Setting::Folders,
            "timezone" => Setting::Timezone,
            "notify_error" => Setting::Type(String::from("error_occurred"), None),
            flat => match (nested("", flat), flat.strip_prefix("notify_"), channel_switch(flat)) {
                (Some(setting), _, _) => setting,
                (None, Some(key), _) => Setting::Type(key.to_owned(), None),
                (None, None, Some(channel)) => Setting::Channel(channel),
                (None, None, None) => return Err(unknown(name)),
            },
        };
        if let Setting::Type(key, _) = &setting {
            check(known, key, &name)?;
        }
        self.say(setting, name, value)
    }

    fn channels(&mut self, name: &str, value: Value) -> Result<(), FieldError> {
        let Value::Array(listed) = value else {
            let members = members(Part::Channels, name, value)?;
            return self.each(Part::Channels, name, members, |key| channel(key).map(Setting::Channel));
        };
        let mut on = Vec::new();
        for (index, value) in listed.iter().enumerate() {
            let channel = value.as_str().and_then(channel);
            on.push(channel.ok_or_else(|| FieldError::new(format!("{name}[{index}]"), "is not a channel"))?);
        }
        // in_app is always on, listed or not.
        for channel in Channel::ALL.iter().filter(|channel| **channel != Channel::InApp) {
            self.say(Setting::Channel(*channel), name.to_owned(), Value::Bool(on.contains(channel)))?;
        }
        Ok(())
    }

    fn types(&mut self, name: &str, value: Value, known: Known<'_>) -> Result<(), FieldError> {
        let Some(types) = members(Part::Types, name, value)? else {
            return self.say(Setting::Reset(Part::Types), name.to_owned(), Value::Null);
        };
        for (key, value) in types {
            let name = format!("{name}.{key}");
            check(known, &key, &name)?;
            match object(value) {
                Some(Some(switches)) => self.switches(&key, Some(&name), switches)?,
                Some(None) => self.say(Setting::ResetType(key), name, Value::Null)?,
                None => {
                    return Err(FieldError::new(name, "must be an object such as {\"push_enabled\": false}"));
                }
            }
        }
        Ok(())
    }

    fn one_type(
        &mut self,
        key: Value,
        mut body: Map<String, Value>,
        known: Known<'_>,
    ) -> Result<(), FieldError> {
        let Value::String(key) = key else {
            return Err(FieldError::new("type", "must be the key of a type"));
        };
        check(known, &key, "type")?;
        body.remove("type");
        self.switches(&key, None, body)
    }

    fn switches(
        &mut self,
        key: &str,
        parent: Option<&str>,
        given: Map<String, Value>,
    ) -> Result<(), FieldError> {
        for (name, value) in given {
            let snake = snake_case(&name);
            let channel = channel_switch(&snake);
            let name = parent.map_or(name.clone(), |parent| format!("{parent}.{name}"));
            if channel.is_none() && snake != "enabled" {
                return Err(unknown(name));
            }
            self.say(Setting::Type(key.to_owned(), channel), name, value)?;
        }
        Ok(())
    }

    /// A window given whole is meant to hold.
    fn quiet_hours(&mut self, name: &str, value: Value) -> Result<(), FieldError> {
        let mut members = members(Part::QuietHours, name, value)?;
        if let Some(window) = &mut members {
            let given = |field: &str| window.get(field).is_some_and(|value| !value.is_null());
            if given("start") && given("end") && !given("enabled") {
                window.insert(String::from("enabled"), Value::Bool(true));
            }
        }
        self.each(Part::QuietHours, name, members, |key| nested("quiet_hours_", key))
    }

    fn each(
        &mut self,
        part: Part,
        name: &str,
        members: Option<Map<String, Value>>,
        setting: impl Fn(&str) -> Option<Setting>,
    ) -> Result<(), FieldError> {
        let Some(members) = members else {
            return self.say(Setting::Reset(part), name.to_owned(), Value::Null);
        };
        for (key, value) in members {
            let name = format!("{name}.{key}");
            match setting(&key) {
                Some(setting) => self.say(setting, name, value)?,
                None if part == Part::Channels => return Err(FieldError::new(name, "is not a channel")),
                None => return Err(unknown(name)),
            }
        }
        Ok(())
    }
}

/// Which of two things said of a channel holds; what is no switch at all is kept to be refused.
fn weight(value: &Value) -> u8 {
    match value.as_bool() {
        Some(false) => 2,
        Some(true) => 1,
        None if value.is_null() => 0,
        None => 3,
    }
}

/// The members of an object; none for null, which resets the part.
fn members(part: Part, name: &str, value: Value) -> Result<Option<Map<String, Value>>, FieldError> {
    object(value).ok_or_else(|| {
        let or_list = if part == Part::Channels { " or a list of channels" } else { "" };
        FieldError::new(name, format!("must be an object{or_list}"))
    })
}

fn object(value: Value) -> Option<Option<Map<String, Value>>> {
    if value.is_null() {
        return Some(None);
    }
    if let Value::Object(members) = value { Some(Some(members)) } else { None }
}

/// The flat name of what is a member of an object in Carillon's document.
fn nested(prefix: &str, name: &str) -> Option<Setting> {
    Some(match format!("{prefix}{name}").as_str() {
        "quiet_hours_enabled" => Setting::QuietEnabled,
        "quiet_hours_start" => Setting::QuietStart,
        "quiet_hours_end" => Setting::QuietEnd,
        "digest_frequency" => Setting::Frequency,
        "digest_time" => Setting::DigestTime,
        "digest_timezone" => Setting::DigestTimezone,
        "digest_weekday" => Setting::Weekday,
        "digest_day" => Setting::Day,
        _ => return None,
    })
}

fn channel(name: &str) -> Option<Channel> {
    Channel::ALL.iter().copied().find(|channel| channel.as_str() == name)
}

fn channel_switch(name: &str) -> Option<Channel> {
    name.strip_suffix("_enabled").and_then(channel)
}

fn unknown(name: String) -> FieldError {
    FieldError::new(name, "is not a known field")
}

fn check(known: Known<'_>, key: &str, name: &str) -> Result<(), FieldError> {
    known(key).map_err(|nearest| {
        let hint = nearest.map(|nearest| format!("; the nearest is {nearest:?}")).unwrap_or_default();
        FieldError::new(name, format!("is not a known type{hint}"))
    })
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
