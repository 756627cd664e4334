//! What a notification says, and to whom.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Category, Channel, JsonText, Millis, OrgId, Priority, UserId};

/// The largest rendered `notification` frame, in bytes. API Gateway closes a socket above 32 KiB a frame.
pub const MAX_FRAME_BYTES: usize = 32_000;

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

/// What a notification says in one language, as far as its type's templates say it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wording {
    /// Of the inbox; the content's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of the inbox; the content's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Of push; the inbox's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_title: Option<String>,
    /// Of push; the inbox's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_body: Option<String>,
}

/// By BCP 47 tag; the default language, where it is there at all, is the empty tag. What a language falls back to is in
/// it already.
pub type Wordings = BTreeMap<String, Wording>;

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
