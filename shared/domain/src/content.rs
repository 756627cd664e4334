//! What a notification says, and to whom.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{AccountId, Category, Channel, JsonText, Millis, OrgId, Priority, UserId, fallbacks};

/// The largest rendered `notification` frame, in bytes. API Gateway closes a socket above 32 KiB a frame.
pub const MAX_FRAME_BYTES: usize = 32_000;

/// Longest body that templates of push make, in bytes: what FCM and Web Push take in all.
pub const MAX_PUSH_BODY_BYTES: usize = 4_096;

/// Who a notification says it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Shown name.
    pub name: String,
    /// Address, shown beside the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// The part all recipients of one post share. It travels once in a queue message, however many they are, and
/// is the content part of the stored row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The registry key.
    #[serde(rename = "type")]
    pub type_key: String,
    /// From the type.
    pub category: Category,
    /// The request's, else the type's.
    pub priority: Priority,
    /// At most 255 characters, no control characters.
    pub title: String,
    /// Plain text; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The producer's own object, never interpreted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
    /// At most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Who caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// Who it says it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// A mailbox folder, for silencing by folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// https or root-relative; never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// https or root-relative; never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Notifications of one key replace each other on a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collapse_key: Option<String>,
    /// After this the interrupting channels no longer go out. The inbox ends by retention.
    pub expires_at: Millis,
}

/// What templates see of a request.
pub(crate) struct Seen<'a> {
    pub(crate) data: Option<&'a JsonText>,
    pub(crate) tags: &'a [String],
    pub(crate) actor_id: Option<&'a str>,
    pub(crate) sender: Option<(&'a str, Option<&'a str>)>,
    pub(crate) folder: Option<&'a str>,
    pub(crate) account_id: Option<&'a str>,
    pub(crate) org_id: Option<&'a str>,
    pub(crate) action_url: Option<&'a str>,
}

impl Seen<'_> {
    /// The request's own fields, and `data`'s keys over them.
    pub(crate) fn variables(&self) -> Map<String, Value> {
        let data = self.data.and_then(|data| serde_json::from_str(data.as_str()).ok());
        let data: Map<String, Value> = data.unwrap_or_default();
        let lines = [
            ("folder", self.folder),
            ("actor_id", self.actor_id),
            ("account_id", self.account_id),
            ("org_id", self.org_id),
            ("action_url", self.action_url),
        ];
        let lines = lines.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
        let mut all: Map<String, Value> = lines.collect();
        if let Some((name, email)) = self.sender {
            all.insert(String::from("sender"), json!({"name": name, "email": email}));
        }
        all.insert(String::from("tags"), json!(self.tags));
        all.extend(data.clone());
        all.insert(String::from("data"), Value::Object(data));
        all
    }
}

impl Content {
    /// What templates see of it, by name.
    #[must_use]
    pub fn variables(&self, account: Option<&str>, org: Option<&str>) -> Map<String, Value> {
        let seen = Seen {
            data: self.data.as_ref(),
            tags: &self.tags,
            actor_id: self.actor_id.as_deref(),
            sender: self.sender.as_ref().map(|sender| (sender.name.as_str(), sender.email.as_deref())),
            folder: self.folder.as_deref(),
            account_id: account,
            org_id: org,
            action_url: self.action_url.as_deref(),
        };
        seen.variables()
    }

    /// As the inbox, email and SMS say it in these words.
    #[must_use]
    pub fn worded(&self, words: Option<&Wording>) -> Self {
        let mut worded = self.clone();
        if let Some(title) = words.and_then(|words| words.title.clone()) {
            worded.title = title;
        }
        if let Some(body) = words.and_then(|words| words.body.clone()) {
            worded.body = body;
        }
        worded
    }

    /// As push says it in these words.
    #[must_use]
    pub fn pushed(&self, words: Option<&Wording>) -> Self {
        let mut pushed = self.worded(words);
        if let Some(title) = words.and_then(|words| words.push_title.clone()) {
            pushed.title = title;
        }
        if let Some(body) = words.and_then(|words| words.push_body.clone()) {
            pushed.body = body;
        }
        pushed
    }
}

/// What a notification says in one language, as far as its type's templates say it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wording {
    /// Of the inbox; the content's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of the inbox; the content's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Of push; the inbox's if left out. One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_title: Option<String>,
    /// Of push; the inbox's if left out. At most [`MAX_PUSH_BODY_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_body: Option<String>,
}

/// By BCP 47 tag; the default language, where it is there at all, is the empty tag. What a language falls back to is in
/// it already.
pub type Wordings = BTreeMap<String, Wording>;

/// The words for a locale: those of its most particular tag that is there, else the default language's. None: as the content
/// has it.
#[must_use]
pub fn wording<'a>(wordings: &'a Wordings, locale: Option<&str>) -> Option<&'a Wording> {
    let of = |tag: &str| wordings.iter().find(|(key, _)| key.eq_ignore_ascii_case(tag));
    let local = locale.into_iter().flat_map(fallbacks).find_map(of);
    local.or_else(|| of("")).map(|(_, words)| words)
}

/// What a type's entry makes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// In every language of the type's templates.
    pub wordings: Wordings,
    /// From the template, where the request gives none.
    pub title: Option<String>,
    /// From the template, where the request gives none.
    pub body: Option<String>,
    /// From the template, where the request gives none.
    pub collapse_key: Option<String>,
    /// Channels whose condition the request does not meet.
    pub unmet: Vec<Channel>,
}

/// One recipient of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Whose inbox.
    pub user: UserId,
    /// Which of the user's accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Which organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Given inline: used for this notification only, never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Given inline: used for this notification only, never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(title: &str) -> Wording {
        Wording { title: Some(title.to_owned()), ..Wording::default() }
    }

    #[test]
    fn words_are_found_by_what_a_locale_falls_back_to() {
        let all = [("", words("default")), ("de", words("de")), ("zh-Hans", words("zh-Hans"))];
        let mut all: Wordings = all.map(|(tag, words)| (tag.to_owned(), words)).into();
        let title = |all: &Wordings, locale| wording(all, locale).and_then(|words| words.title.clone());
        for (locale, found) in [
            (Some("de-CH"), "de"),
            (Some("DE"), "de"),
            (Some("zh-hans-CN"), "zh-Hans"),
            (Some("zh"), "default"),
            (Some("fr"), "default"),
            (None, "default"),
        ] {
            assert_eq!(title(&all, locale).as_deref(), Some(found), "{locale:?}");
        }
        all.remove("");
        assert_eq!(title(&all, Some("fr")), None);
    }

    #[test]
    fn push_says_its_own_words_else_the_inboxes() {
        let content = serde_json::json!({"type": "t", "category": "system", "priority": "low", "title": "T",
            "body": "B", "expires_at": 9});
        let content: Content = serde_json::from_value(content).unwrap();
        let words = Wording { push_body: Some(String::from("kurz")), ..words("Titel") };
        let said = |content: Content| (content.title, content.body);
        assert_eq!(said(content.worded(Some(&words))), ("Titel".into(), "B".into()));
        assert_eq!(said(content.pushed(Some(&words))), ("Titel".into(), "kurz".into()));
        assert_eq!(said(content.pushed(None)), ("T".into(), "B".into()));
    }
}
