//! What a push service is told of a message: RFC 8030, 5.

use carillon_domain::{Content, Priority};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::topic_header::topic_header;

/// 28 days: what Google and Mozilla keep a message at most.
const LONGEST: i64 = 28 * 24 * 60 * 60;

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
        content.collapse_key.as_deref().and_then(|key| HeaderValue::try_from(topic_header(key)).ok())
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

#[cfg(test)]
mod tests {
    use super::*;

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
