//! What each platform is told besides the texts.

use carillon_domain::{Content, Priority};
use serde_json::{Map, Value};

use super::names::apns_collapse_id;
use crate::topic_header::topic_header;

/// A part of a message.
pub(super) type Part = Map<String, Value>;

/// The fields that are set.
pub(super) fn part<const N: usize>(fields: [(&str, Option<Value>); N]) -> Part {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn text(text: impl Into<String>) -> Option<Value> {
    Some(Value::String(text.into()))
}

fn filled(part: Part) -> Option<Value> {
    Some(part).filter(|part| !part.is_empty()).map(Value::Object)
}

fn https(url: Option<&str>) -> Option<&str> {
    url.filter(|url| url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")))
}

/// What is shown. An image is fetched by the device, so it must be https.
pub(super) fn texts(content: &Content) -> Part {
    let body = Some(&content.body).filter(|body| !body.is_empty());
    let image = https(content.image_url.as_deref());
    part([("title", text(&content.title)), ("body", body.and_then(text)), ("image", image.and_then(text))])
}

/// Without a channel of ours the app's own default holds. The collapse key replaces what has not arrived yet, the tag what
/// is shown: a notification replaces itself at least, should a device get it twice.
pub(super) fn android(content: &Content, tag: &str, left: i64, shown: Part) -> Part {
    let urgent = content.priority >= Priority::High;
    let key = content.collapse_key.as_ref();
    let channel = urgent.then_some("high_importance_channel");
    let own = part([("channel_id", channel.and_then(text)), ("tag", text(tag))]);
    part([
        ("priority", text(if urgent { "HIGH" } else { "NORMAL" })),
        ("ttl", text(format!("{left}s"))),
        ("collapse_key", key.and_then(text)),
        ("notification", filled(shown.into_iter().chain(own).collect())),
    ])
}

/// An alert with a sound, or in the background. `mutable-content` lets the app's extension fetch the image.
pub(super) fn apns(content: &Content, tag: &str, silent: bool) -> Part {
    let image = https(content.image_url.as_deref()).filter(|_| !silent);
    let headers = part([
        ("apns-priority", text(if silent { "5" } else { "10" })),
        ("apns-push-type", text(if silent { "background" } else { "alert" })),
        ("apns-expiration", text(content.expires_at.seconds().to_string())),
        ("apns-collapse-id", text(apns_collapse_id(tag))),
    ]);
    let aps = part([
        ("sound", text("default").filter(|_| !silent)),
        ("content-available", silent.then(|| 1.into())),
        ("mutable-content", image.map(|_| 1.into())),
    ]);
    let payload = part([("aps", filled(aps))]);
    part([("headers", filled(headers)), ("payload", filled(payload))])
}

/// Only an absolute link can be opened by a service worker of FCM's.
pub(super) fn webpush(content: &Content, tag: &str, left: i64, shown: Part) -> Part {
    let urgency = match content.priority {
        Priority::Critical | Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    };
    let key = content.collapse_key.as_deref();
    let headers = part([
        ("TTL", text(left.to_string())),
        ("Urgency", text(urgency)),
        ("Topic", key.map(topic_header).and_then(text)),
    ]);
    let own = part([("tag", text(tag))]);
    let options = part([("link", https(content.action_url.as_deref()).and_then(text))]);
    part([
        ("headers", filled(headers)),
        ("notification", filled(shown.into_iter().chain(own).collect())),
        ("fcm_options", filled(options)),
    ])
}
