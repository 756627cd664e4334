//! What is sent to FCM: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>. Pure.
//!
//! A notification of low priority is background for Apple: it wakes the app and shows nothing. APNs wants such a push
//! without an alert, and FCM makes an alert of the common `notification`; so its texts are in `android` and
//! `webpush` instead, which show it. All others alert.

use std::collections::BTreeMap;
use std::fmt::Display;

use carillon_domain::{Content, Millis, Priority, Reason};
use carillon_sender::Failure;
use serde::Serialize;

use super::data;
use super::names::analytics_label;
use super::platforms::{Part, android, apns, part, texts, webpush};

/// The longest FCM keeps a message.
const MAX_TTL_SECONDS: i64 = 28 * 24 * 60 * 60;

/// To whom. It is one or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target<'a> {
    /// A device.
    Token(&'a str),
    /// All devices subscribed to it.
    Topic(&'a str),
}

impl Target<'_> {
    /// Most bytes of payload.
    fn limit(self) -> usize {
        match self {
            Self::Token(_) => 4096,
            Self::Topic(_) => 2048,
        }
    }
}

/// What all devices of a recipient are sent.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    #[serde(skip_serializing_if = "Part::is_empty")]
    notification: Part,
    data: BTreeMap<String, String>,
    android: Part,
    apns: Part,
    webpush: Part,
    fcm_options: Part,
    #[serde(skip)]
    bytes: usize,
}

#[derive(Serialize)]
struct Envelope<'a> {
    message: Addressed<'a>,
}

#[derive(Serialize)]
struct Addressed<'a> {
    #[serde(flatten)]
    target: Target<'a>,
    #[serde(flatten)]
    message: &'a Message,
}

impl Message {
    /// Of a notification (or a message of none) that lives on after `now`.
    pub(crate) fn new(content: &Content, id: &impl Display, now: Millis) -> Self {
        let texts = texts(content);
        let data = data::of(content, id);
        let shown = texts.iter().map(|(key, text)| key.len() + text.as_str().map_or(0, str::len));
        let carried = data.iter().map(|(key, text)| key.len() + text.len());
        let bytes = shown.chain(carried).sum();
        let silent = content.priority == Priority::Low;
        let left = ((content.expires_at.0 - now.0) / 1000).clamp(1, MAX_TTL_SECONDS);
        let id = id.to_string();
        let tag = content.collapse_key.as_deref().unwrap_or(&id);
        let own = if silent { texts.clone() } else { Part::new() };
        Self {
            android: android(content, tag, left, own.clone()),
            apns: apns(content, tag, silent),
            webpush: webpush(content, tag, left, own),
            fcm_options: part([("analytics_label", Some(analytics_label(&content.type_key).into()))]),
            notification: if silent { Part::new() } else { texts },
            data,
            bytes,
        }
    }

    /// The request's body. FCM counts keys and values of what is shown and of the data.
    pub(crate) fn to(&self, target: Target<'_>) -> Result<Vec<u8>, Failure> {
        let (bytes, limit) = (self.bytes, target.limit());
        if bytes > limit {
            let detail = format!("payload of {bytes} bytes, FCM takes {limit}");
            return Err(Failure::new(Reason::TooLarge, &detail));
        }
        let envelope = Envelope { message: Addressed { target, message: self } };
        serde_json::to_vec(&envelope).map_err(|_| Failure::new(Reason::Rejected, "unwritable"))
    }
}
