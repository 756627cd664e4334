//! `POST /v1/notifications`: reading, checking, and what is accepted of it.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::content::Seen;
use crate::registry::{NotificationType, Registry, TenantTypes};
use crate::validate::{email, line, link, phone, short};
use crate::{
    AccountId, Category, Channel, Content, Deliveries, FieldError, InputError, JsonText, MAX_FRAME_BYTES,
    MAX_PUSH_BODY_BYTES, Millis, Notification, OrgId, Priority, Sender, Target, Texts, UserId, Wordings,
    notification_frame, parse_json,
};

/// Most recipients in one post.
const MAX_RECIPIENTS: usize = 100;
/// Most tags of one notification.
const MAX_TAGS: usize = 32;
/// How far ahead a notification may be scheduled: a leap year.
const MAX_AHEAD_SECONDS: i64 = 366 * 86_400;
/// What a client's clock may be behind: a `scheduled_for` up to so long ago is now.
const CLOCK_SKEW_SECONDS: i64 = 300;
/// What the texts of all languages may be together, in bytes: they travel with the notification, and what waits for its time
/// must fit a schedule.
const MAX_WORDINGS_BYTES: usize = 100 * 1024;
/// Longest time to live a request may ask for: 30 days.
pub(crate) const MAX_TTL_SECONDS: u32 = 2_592_000;

/// Why a post was refused. Nothing was stored.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not JSON, or a field is missing, of the wrong type, or out of bounds.
    #[error(transparent)]
    Input(#[from] InputError),
    /// No such type.
    #[error("there is no type {given:?}{}", nearest.as_ref().map(|n| format!("; the nearest is {n:?}")).unwrap_or_default())]
    UnknownType {
        /// What was asked for.
        given: String,
        /// The nearest key.
        nearest: Option<String>,
    },
    /// What it says in all languages would not fit the queues.
    #[error(
        "the notification's texts would be {bytes} bytes in all languages; at most {MAX_WORDINGS_BYTES} are possible"
    )]
    TooManyWords {
        /// Of all texts that templates say.
        bytes: usize,
    },
    /// What push says would not fit a push service's message.
    #[error("what push says would be {bytes} bytes; at most {MAX_PUSH_BODY_BYTES} are possible")]
    PushTooLarge {
        /// Of the text in the language in which it is too long.
        bytes: usize,
    },
    /// The rendered frame would not fit a socket.
    #[error("the notification would be {bytes} bytes on the socket; at most {MAX_FRAME_BYTES} are possible")]
    TooLarge {
        /// The rendered size.
        bytes: usize,
    },
}

/// The body as it arrives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateNotification {
    #[serde(rename = "type")]
    type_key: String,
    recipient: Option<Recipient>,
    recipients: Option<Vec<Recipient>>,
    title: Option<String>,
    body: Option<String>,
    #[serde(default, deserialize_with = "JsonText::from_object")]
    data: Option<JsonText>,
    tags: Option<Vec<String>>,
    priority: Option<Priority>,
    channels: Option<Vec<Channel>>,
    actor_id: Option<String>,
    sender: Option<SenderInput>,
    folder: Option<String>,
    account_id: Option<AccountId>,
    org_id: Option<OrgId>,
    action_url: Option<String>,
    image_url: Option<String>,
    collapse_key: Option<String>,
    scheduled_for: Option<String>,
    ttl_seconds: Option<u32>,
}

/// Strict where it comes in; what is stored may gain fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SenderInput {
    name: String,
    email: Option<String>,
}

/// `"ann"` or `{"user_id": "ann", …}`.
#[derive(Debug)]
struct Recipient(RecipientObject);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipientObject {
    user_id: UserId,
    account_id: Option<AccountId>,
    org_id: Option<OrgId>,
    email: Option<String>,
    phone: Option<String>,
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Recipient;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a user id or an object with user_id")
            }
            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Recipient, E> {
                let user_id = UserId::parse(id).map_err(E::custom)?;
                Ok(Recipient(RecipientObject {
                    user_id,
                    account_id: None,
                    org_id: None,
                    email: None,
                    phone: None,
                }))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Recipient, A::Error> {
                RecipientObject::deserialize(MapAccessDeserializer::new(map)).map(Recipient)
            }
        }
        input.deserialize_any(Visitor)
    }
}

/// A post that was accepted: everything dispatch needs.
#[derive(Debug)]
pub struct Accepted<'a> {
    /// Its registry entry.
    pub entry: &'a NotificationType,
    content: Content,
    ttl_seconds: u32,
    /// Each user once, in the order of the request.
    pub targets: Vec<Target>,
    /// The request's narrowing.
    pub requested: Option<Vec<Channel>>,
    /// Channels whose condition the request does not meet.
    pub unmet: Vec<Channel>,
    /// What it says in the languages of the type's templates.
    pub wordings: Wordings,
    /// When it is to go out; none is now.
    pub scheduled_for: Option<Millis>,
    /// That instant has passed. Only a repetition of a post that came before it may still say so.
    pub overdue: bool,
    /// Whether it came as `recipient` (the answer then is `id`, not `ids`).
    pub single: bool,
}

fn invalid(field: &str, detail: impl Into<String>) -> RequestError {
    RequestError::Input(FieldError::new(field, detail).into())
}

impl CreateNotification {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        Ok(parse_json(body)?)
    }

    /// The registry entry it names.
    pub fn entry<'a>(
        &self,
        types: &'a TenantTypes,
        registry: &'a Registry,
    ) -> Result<&'a NotificationType, RequestError> {
        types.get(registry, &self.type_key).map_err(|unknown| RequestError::UnknownType {
            given: self.type_key.chars().take(64).collect(),
            nearest: unknown.nearest,
        })
    }

    /// What templates and conditions see: the request's own fields, and `data`'s keys over them.
    #[must_use]
    pub fn variables(&self) -> Value {
        let seen = Seen {
            data: self.data.as_ref(),
            tags: self.tags.as_deref().unwrap_or_default(),
            actor_id: self.actor_id.as_deref(),
            sender: self.sender.as_ref().map(|sender| (sender.name.as_str(), sender.email.as_deref())),
            folder: self.folder.as_deref(),
            account_id: self.account_id.as_ref().map(AccountId::as_str),
            org_id: self.org_id.as_ref().map(OrgId::as_str),
            action_url: self.action_url.as_deref(),
        };
        Value::Object(seen.variables())
    }

    /// Refuses what no socket could carry whatever its type makes of it, before that is asked.
    pub fn check_size(&self) -> Result<(), RequestError> {
        let data = self.data.as_ref().map_or(0, |data| data.as_str().len());
        let bytes = data + self.body.as_ref().map_or(0, String::len);
        if bytes > MAX_FRAME_BYTES { Err(RequestError::TooLarge { bytes }) } else { Ok(()) }
    }

    /// The type's channels that it may go out on.
    #[must_use]
    pub fn channels(&self, entry: &NotificationType) -> Vec<Channel> {
        let wanted = |channel: &Channel| {
            let narrowed = self.channels.as_ref().is_some_and(|channels| !channels.contains(channel));
            *channel == Channel::InApp || !narrowed
        };
        entry.channels.iter().copied().filter(wanted).collect()
    }

    /// Which texts are left to the type's templates: title, body, collapse key.
    #[must_use]
    pub fn left_out(&self) -> (bool, bool, bool) {
        (self.title.is_none(), self.body.is_none(), self.collapse_key.is_none())
    }

    /// Checks every field against its bounds; what the request leaves out comes from the type.
    pub fn accept<'a>(
        self,
        entry: &'a NotificationType,
        texts: Texts,
        now: Millis,
    ) -> Result<Accepted<'a>, RequestError> {
        self.check_fields()?;
        let title = self.title.or(texts.title).ok_or_else(|| invalid("title", "is required"))?;
        line(&title, 255).map_err(|detail| invalid("title", detail))?;
        let scheduled_for = self.scheduled_for.as_deref().map(|text| scheduled(text, now)).transpose()?;
        let (targets, single) = targets(self.recipient, self.recipients, self.account_id, self.org_id)?;
        let ttl_seconds = self.ttl_seconds.unwrap_or(entry.ttl_seconds);
        // It would pass throttle and quiet hours.
        if entry.category == Category::Marketing && self.priority == Some(Priority::Critical) {
            return Err(invalid("priority", "of marketing cannot be critical"));
        }
        let content = Content {
            type_key: entry.key.clone(),
            category: entry.category,
            priority: self.priority.unwrap_or(entry.priority),
            title,
            body: self.body.or(texts.body).unwrap_or_default(),
            data: self.data,
            tags: self.tags.unwrap_or_default(),
            actor_id: self.actor_id,
            sender: self.sender.map(|sender| Sender { name: sender.name, email: sender.email }),
            folder: self.folder,
            action_url: self.action_url,
            image_url: self.image_url,
            collapse_key: self.collapse_key.or(texts.collapse_key.filter(|key| !key.is_empty())),
            expires_at: Millis(0),
        };
        Ok(Accepted {
            entry,
            content,
            ttl_seconds,
            targets,
            requested: self.channels,
            unmet: texts.unmet,
            wordings: texts.wordings,
            overdue: scheduled_for.is_some_and(|at| at < now.plus_seconds(-CLOCK_SKEW_SECONDS)),
            scheduled_for: scheduled_for.filter(|at| *at > now),
            single,
        })
    }

    fn check_fields(&self) -> Result<(), RequestError> {
        let lines = [
            ("actor_id", &self.actor_id, 128),
            ("folder", &self.folder, 255),
            ("collapse_key", &self.collapse_key, 64),
        ];
        links_and_lines(&lines, &self.action_url, &self.image_url).map_err(InputError::from)?;
        if let Some(sender) = &self.sender {
            short(&sender.name, 255).map_err(|detail| invalid("sender.name", detail))?;
            sender
                .email
                .as_deref()
                .map_or(Ok(()), email)
                .map_err(|detail| invalid("sender.email", detail))?;
        }
        let tags = self.tags.as_deref().unwrap_or_default();
        if tags.len() > MAX_TAGS {
            return Err(invalid("tags", format!("must be at most {MAX_TAGS}")));
        }
        for (index, tag) in tags.iter().enumerate() {
            line(tag, 128).map_err(|detail| invalid(&format!("tags[{index}]"), detail))?;
        }
        if self.ttl_seconds.is_some_and(|ttl| !(1..=MAX_TTL_SECONDS).contains(&ttl)) {
            return Err(invalid("ttl_seconds", format!("must be 1 to {MAX_TTL_SECONDS}")));
        }
        Ok(())
    }
}

/// Fields that are one line of at most so many characters, and the links; a field that is not there is right.
pub(crate) fn links_and_lines(
    lines: &[(&str, &Option<String>, usize)],
    action_url: &Option<String>,
    image_url: &Option<String>,
) -> Result<(), FieldError> {
    for (field, value, max) in lines {
        let checked = value.as_deref().map_or(Ok(()), |text| line(text, *max));
        checked.map_err(|detail| FieldError::new(*field, detail))?;
    }
    for (field, url) in [("action_url", action_url), ("image_url", image_url)] {
        url.as_deref().map_or(Ok(()), link).map_err(|detail| FieldError::new(field, detail))?;
    }
    Ok(())
}

fn scheduled(text: &str, now: Millis) -> Result<Millis, RequestError> {
    let at = Millis::parse(text)
        .ok_or_else(|| invalid("scheduled_for", "must be a time such as 2026-11-21T12:00:00Z"))?;
    if at > now.plus_seconds(MAX_AHEAD_SECONDS) {
        return Err(invalid("scheduled_for", "must be at most a year ahead"));
    }
    Ok(at)
}

/// One to a hundred different users. The request's account and organisation hold for those who name none.
fn targets(
    one: Option<Recipient>,
    many: Option<Vec<Recipient>>,
    account: Option<AccountId>,
    org: Option<OrgId>,
) -> Result<(Vec<Target>, bool), RequestError> {
    let (given, single) = match (one, many) {
        (Some(one), None) => (vec![one], true),
        (None, Some(many)) => (many, false),
        (None, None) => return Err(invalid("recipient", "is required (or recipients)")),
        (Some(_), Some(_)) => return Err(invalid("recipients", "must not be given beside recipient")),
    };
    if !(1..=MAX_RECIPIENTS).contains(&given.len()) {
        return Err(invalid("recipients", format!("must be 1 to {MAX_RECIPIENTS}")));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut targets = Vec::with_capacity(given.len());
    for (index, Recipient(recipient)) in given.into_iter().enumerate() {
        let at = |field: &str| {
            if single { format!("recipient{field}") } else { format!("recipients[{index}]{field}") }
        };
        if !seen.insert(recipient.user_id.clone()) {
            return Err(invalid(&at(""), "names a user who is already among the recipients"));
        }
        recipient.email.as_deref().map_or(Ok(()), email).map_err(|detail| invalid(&at(".email"), detail))?;
        recipient.phone.as_deref().map_or(Ok(()), phone).map_err(|detail| invalid(&at(".phone"), detail))?;
        targets.push(Target {
            user: recipient.user_id,
            account: recipient.account_id.or_else(|| account.clone()),
            org: recipient.org_id.or_else(|| org.clone()),
            email: recipient.email,
            phone: recipient.phone,
        });
    }
    Ok((targets, single))
}

impl RequestError {
    /// What an overdue post is refused with.
    #[must_use]
    pub fn overdue() -> Self {
        invalid("scheduled_for", "must not be in the past")
    }
}

impl Accepted<'_> {
    /// What all recipients share. Its expiry counts from the time in the id.
    #[must_use]
    pub fn content(&self, ulid: Ulid) -> Content {
        let expires_at = Millis::of(ulid).plus_seconds(i64::from(self.ttl_seconds));
        Content { expires_at, ..self.content.clone() }
    }

    /// The account that it is about for all recipients, if there is one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        let mut accounts = self.targets.iter().map(|target| target.account.as_ref());
        let first = accounts.next().flatten()?;
        accounts.all(|account| account.is_some()).then_some(first)
    }

    /// Refuses what no socket could carry, by rendering it in every language for the recipient with the longest ids; what
    /// no push service could; and what no queue could.
    pub fn check_frame(&self, ulid: Ulid) -> Result<(), RequestError> {
        let length = |target: &&Target| {
            let optional =
                [target.account.as_ref().map(AccountId::as_str), target.org.as_ref().map(OrgId::as_str)];
            target.user.as_str().len() * 4 / 3 + optional.into_iter().flatten().map(str::len).sum::<usize>()
        };
        let Some(longest) = self.targets.iter().max_by_key(length) else { return Ok(()) };
        let content = self.content(ulid);
        for words in std::iter::once(None).chain(self.wordings.values().map(Some)) {
            let sample =
                Notification::new(ulid, longest, content.worded(words), String::new(), Deliveries::new());
            let bytes = notification_frame(&sample).len();
            if bytes > MAX_FRAME_BYTES {
                return Err(RequestError::TooLarge { bytes });
            }
        }
        for words in self.wordings.values() {
            if let Some(title) = &words.push_title {
                line(title, 255).map_err(|detail| invalid("push.title", detail))?;
            }
            // As it travels.
            let push = words.push_body.as_ref().map(|body| json!(body).to_string().len().saturating_sub(2));
            if let Some(bytes) = push.filter(|bytes| *bytes > MAX_PUSH_BODY_BYTES) {
                return Err(RequestError::PushTooLarge { bytes });
            }
        }
        let bytes = serde_json::to_string(&self.wordings).map_or(0, |json| json.len());
        if bytes > MAX_WORDINGS_BYTES { Err(RequestError::TooManyWords { bytes }) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
