//! A browser's push service: RFC 8030, 8188, 8292.

use crate::Reply;
use crate::state::Incoming;

/// What push services take at least, and Mozilla's and Google's at most.
const MOST: usize = 4096;
const URGENCIES: [&str; 5] = ["", "very-low", "low", "normal", "high"];

pub(crate) fn answer(incoming: &Incoming) -> Reply {
    let id = incoming.uri.path().strip_prefix("/web-push/").unwrap_or_default();
    if id.is_empty() || id.contains('/') {
        return Reply::new(404);
    }
    let refused = |status: u16, why: &str| Reply::new(status).body(why.into());
    let vapid = incoming.header("authorization").strip_prefix("vapid ").unwrap_or_default();
    let parameter = |name: &str| vapid.split(',').any(|part| part.trim().starts_with(name));
    let topic = incoming.header("topic");
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !parameter("t=") || !parameter("k=") {
        refused(401, "vapid wants t and k")
    } else if incoming.header("ttl").parse::<u32>().is_err() {
        refused(400, "TTL is required")
    } else if !URGENCIES.contains(&incoming.header("urgency")) {
        refused(400, "no such urgency")
    } else if topic.len() > 32 || !topic.chars().all(letter) {
        refused(400, "a topic has at most 32 letters of base64url")
    } else if !incoming.body.is_empty() && incoming.header("content-encoding") != "aes128gcm" {
        refused(400, "a body must be aes128gcm")
    } else if incoming.body.len() > MOST {
        refused(413, "at most 4096 bytes")
    } else {
        let host = incoming.header("host");
        Reply::new(201).header("location", format!("http://{host}/web-push/messages/{}", incoming.now))
    }
}
