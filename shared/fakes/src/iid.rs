//! Instance ID: devices join and leave topics.

use serde_json::{Value, json};

use crate::state::{Incoming, State};
use crate::{Reply, fcm_error};

/// Devices in one call.
const MOST: usize = 1000;

pub(crate) fn answer(incoming: &Incoming, state: &State) -> Reply {
    if !["/iid/v1:batchAdd", "/iid/v1:batchRemove"].contains(&incoming.uri.path()) {
        return Reply::new(404);
    }
    let allowed = incoming.header("access_token_auth") == "true"
        && incoming.bearer().is_some_and(|token| state.issued(token));
    if !allowed {
        return fcm_error("UNAUTHENTICATED");
    }
    let body: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
    let topic = body["to"].as_str().and_then(|to| to.strip_prefix("/topics/")).unwrap_or_default();
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.~%".contains(letter);
    if topic.is_empty() || !topic.chars().all(letter) {
        return Reply::new(400).body(json!({"error": "InvalidTopicName"}));
    }
    match body["registration_tokens"].as_array() {
        Some(tokens) if (1..=MOST).contains(&tokens.len()) => {
            Reply::new(200).body(json!({"results": vec![json!({}); tokens.len()]}))
        }
        _ => Reply::new(400).body(json!({"error": "InvalidTokenCount"})),
    }
}
