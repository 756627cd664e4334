//! The `Topic` header of a push service, which FCM hands on and Web Push sets: RFC 8030, 5.4.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

const LONGEST: usize = 32;

/// Of messages of one topic the service keeps the last. Other keys than it takes are as good by their hash.
pub(crate) fn topic_header(key: &str) -> String {
    let takes = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=LONGEST).contains(&key.len()) && key.bytes().all(takes) {
        return key.to_owned();
    }
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(key));
    hash.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_the_key_or_its_hash() {
        for key in ["order-42", "A_b-9", &"x".repeat(32)] {
            assert_eq!(topic_header(key), key);
        }
        let hashed = ["order 42", "bestellung:ä", &"x".repeat(33), ""].map(topic_header);
        for (index, topic) in hashed.iter().enumerate() {
            assert_eq!(topic.len(), 32, "{topic}");
            assert!(topic.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{topic}");
            assert!(!hashed[..index].contains(topic), "of different keys");
        }
    }
}
