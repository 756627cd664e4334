//! What a push service is told of a message: RFC 8030, 5.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Content, Priority};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

/// 28 days: what Google and Mozilla keep a message at most.
const LONGEST: i64 = 28 * 24 * 60 * 60;
const LONGEST_TOPIC: usize = 32;

const TTL: HeaderName = HeaderName::from_static("ttl");
const URGENCY: HeaderName = HeaderName::from_static("urgency");
const TOPIC: HeaderName = HeaderName::from_static("topic");

/// All but the authorization.
pub(super) fn headers(content: &Content, left_seconds: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
    headers.insert(TTL, HeaderValue::from(left_seconds.clamp(0, LONGEST)));
    headers.insert(URGENCY, HeaderValue::from_static(urgency(content.priority)));
    if let Some(topic) =
        content.collapse_key.as_deref().and_then(|key| HeaderValue::try_from(topic(key)).ok())
    {
        headers.insert(TOPIC, topic);
    }
    headers
}

fn urgency(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical | Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

/// Of messages of one topic the service keeps the last. Other keys than it takes are as good by their hash.
fn topic(key: &str) -> String {
    let takes = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=LONGEST_TOPIC).contains(&key.len()) && key.bytes().all(takes) {
        return key.to_owned();
    }
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(key));
    hash.chars().take(LONGEST_TOPIC).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_the_key_or_its_hash() {
        for key in ["order-42", "A_b-9", &"x".repeat(32)] {
            assert_eq!(topic(key), key);
        }
        let hashed = ["order 42", "bestellung:ä", &"x".repeat(33), ""].map(topic);
        for (index, topic) in hashed.iter().enumerate() {
            assert_eq!(topic.len(), 32, "{topic}");
            assert!(topic.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{topic}");
            assert!(!hashed[..index].contains(topic), "of different keys");
        }
    }

    #[test]
    fn each_priority_has_its_urgency() {
        let table = [
            (Priority::Critical, "high"),
            (Priority::High, "high"),
            (Priority::Normal, "normal"),
            (Priority::Low, "low"),
        ];
        for (priority, expected) in table {
            assert_eq!(urgency(priority), expected);
        }
    }
}
