//! `POST /v1/push/messages`: push messages past the inbox, to a token, a topic, or all of a user's devices.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::request::{MAX_TTL_SECONDS, links_and_lines};
use crate::validate::{line, visible};
use crate::{
    Category, Content, FieldError, IdError, InputError, JsonText, Millis, Priority, UserId, parse_json,
};

/// Most messages in one post.
const MAX_MESSAGES: usize = 500;
/// Most users who join or leave a topic in one post.
const MAX_MEMBERS: usize = 1_000;
/// Longest token: what a device may register.
const MAX_TOKEN: usize = 4_096;
/// Longest name of a topic.
const MAX_TOPIC: usize = 100;
/// A day, as for a type that says nothing else.
const TTL_SECONDS: u32 = 86_400;
/// What a message without one is counted under.
const LABEL: &str = "direct";
/// What every id starts with.
const PREFIX: &str = "psh_";

/// A device at FCM that is nobody's any more, and the topics it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneDevice {
    /// Its registration token.
    pub token: String,
    /// The tenant's own names of them.
    pub topics: BTreeSet<String>,
}

/// The id of one push message: `psh_` and its ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PushId(pub Ulid);

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushTarget {
    /// An FCM registration token, whoever's it is.
    Token(String),
    /// All devices subscribed to it; the tenant's own name for it.
    Topic(String),
    /// All devices of a user.
    User(UserId),
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectPush {
    /// To whom.
    pub target: PushTarget,
    content: Content,
    ttl_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    token: Option<String>,
    topic: Option<String>,
    user: Option<UserId>,
    title: Option<String>,
    body: Option<String>,
    #[serde(default, deserialize_with = "JsonText::from_object")]
    data: Option<JsonText>,
    image_url: Option<String>,
    action_url: Option<String>,
    priority: Option<Priority>,
    ttl_seconds: Option<u32>,
    collapse_key: Option<String>,
    #[serde(rename = "type")]
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    messages: Vec<Input>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    recipients: Vec<UserId>,
}

/// Tells which of the two a body is.
#[derive(Deserialize)]
struct Form {
    messages: Option<IgnoredAny>,
}

impl DirectPush {
    /// Reads one message, or `{"messages": […]}` with 1 to 500.
    pub fn accept(body: &[u8]) -> Result<Vec<Self>, InputError> {
        if parse_json::<Form>(body)?.messages.is_none() {
            return Ok(vec![parse_json::<Input>(body)?.checked()?]);
        }
        let Several { messages } = parse_json(body)?;
        if !(1..=MAX_MESSAGES).contains(&messages.len()) {
            return Err(FieldError::new("messages", format!("must be 1 to {MAX_MESSAGES}")).into());
        }
        let checked = messages.into_iter().enumerate().map(|(index, input)| {
            input.checked().map_err(|error| error.below(&format!("messages[{index}]")).into())
        });
        checked.collect()
    }

    /// What it says. Its time to live counts from the time in the id.
    #[must_use]
    pub fn content(self, ulid: Ulid) -> Content {
        let expires_at = Millis::of(ulid).plus_seconds(i64::from(self.ttl_seconds));
        Content { expires_at, ..self.content }
    }
}

impl Input {
    fn checked(self) -> Result<DirectPush, FieldError> {
        let wrong = |field: &'static str| move |detail: String| FieldError::new(field, detail);
        let title = self.title.ok_or_else(|| FieldError::new("title", "is required"))?;
        line(&title, 255).map_err(wrong("title"))?;
        let label = self.label.unwrap_or_else(|| LABEL.to_owned());
        line(&label, 64).map_err(wrong("type"))?;
        links_and_lines(&[("collapse_key", &self.collapse_key, 64)], &self.action_url, &self.image_url)?;
        let ttl_seconds = self.ttl_seconds.unwrap_or(TTL_SECONDS);
        if !(1..=MAX_TTL_SECONDS).contains(&ttl_seconds) {
            return Err(FieldError::new("ttl_seconds", format!("must be 1 to {MAX_TTL_SECONDS}")));
        }
        let content = Content {
            type_key: label,
            category: Category::System,
            priority: self.priority.unwrap_or(Priority::Normal),
            title,
            body: self.body.unwrap_or_default(),
            data: self.data,
            tags: Vec::new(),
            actor_id: None,
            sender: None,
            folder: None,
            action_url: self.action_url,
            image_url: self.image_url,
            collapse_key: self.collapse_key,
            expires_at: Millis(0),
        };
        Ok(DirectPush { target: target(self.token, self.topic, self.user)?, content, ttl_seconds })
    }
}

/// Exactly one of them.
fn target(
    token: Option<String>,
    topic: Option<String>,
    user: Option<UserId>,
) -> Result<PushTarget, FieldError> {
    let besides =
        |field: &str, first: &str| FieldError::new(field, format!("must not be given beside {first}"));
    match (token, topic, user) {
        (Some(token), None, None) => {
            visible(&token, MAX_TOKEN).map_err(|detail| FieldError::new("token", detail))?;
            Ok(PushTarget::Token(token))
        }
        (None, Some(topic), None) => {
            topic_name(&topic).map_err(|detail| FieldError::new("topic", detail))?;
            Ok(PushTarget::Topic(topic))
        }
        (None, None, Some(user)) => Ok(PushTarget::User(user)),
        (None, None, None) => Err(FieldError::new("token", "is required (or topic, or user)")),
        (Some(_), Some(_), _) => Err(besides("topic", "token")),
        (Some(_), None, Some(_)) => Err(besides("user", "token")),
        (None, Some(_), Some(_)) => Err(besides("user", "topic")),
    }
}

/// Reads `{"recipients": [user ids]}`: 1 to 1000, each once however often it is there.
pub fn topic_members(body: &[u8]) -> Result<BTreeSet<UserId>, InputError> {
    let Members { recipients } = parse_json(body)?;
    if !(1..=MAX_MEMBERS).contains(&recipients.len()) {
        return Err(FieldError::new("recipients", format!("must be 1 to {MAX_MEMBERS}")).into());
    }
    Ok(recipients.into_iter().collect())
}

/// What a tenant may call a topic: what FCM allows, so that a name used there may stay.
pub fn topic_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
    if (1..=MAX_TOPIC).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(format!("must be 1 to {MAX_TOPIC} characters of A-Z a-z 0-9 - _ . ~ %"))
    }
}

impl PushTarget {
    /// The field that named it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Topic(_) => "topic",
            Self::User(_) => "user",
        }
    }
}

impl PushId {
    /// Only the canonical spelling is an id.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let ulid = text.strip_prefix(PREFIX).and_then(|ulid| Ulid::from_string(ulid).ok());
        let id = ulid.map(Self).ok_or(IdError::Push)?;
        if id.to_string() == text { Ok(id) } else { Err(IdError::Push) }
    }
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl Serialize for PushId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
#[path = "direct_tests.rs"]
mod tests;
