//! What the page's service worker is handed.

use std::fmt::Display;

use carillon_domain::Content;
use serde::Serialize;
use serde_json::value::RawValue;

/// What may be encrypted: push services take at least 4096 bytes, and few take more (RFC 8030, 7.2). Of these are 86 the
/// header of aes128gcm, 16 its tag, and 1 the delimiter (RFC 8291, 4).
pub(super) const MOST: usize = 4_096 - 86 - 16 - 1;

/// A push that a worker shows with `showNotification(title, {body, tag, image, …})`.
#[derive(Serialize)]
struct Payload<'a> {
    notification_id: &'a str,
    r#type: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deep_link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    /// Of one tag a browser shows one. Without a collapse key it is the id: should a device get it twice, it is still
    /// shown once.
    tag: &'a str,
}

/// JSON of at most `most` bytes. What is too long loses the producer's data first, then the end of its body, then its image;
/// None if title and link alone are too much.
pub(super) fn payload(content: &Content, id: &impl Display, most: usize) -> Option<Vec<u8>> {
    let id = id.to_string();
    let whole = Payload {
        notification_id: &id,
        r#type: &content.type_key,
        title: &content.title,
        body: &content.body,
        deep_link: content.action_url.as_deref(),
        image: content.image_url.as_deref(),
        data: content.data.as_ref().and_then(|data| serde_json::from_str(data.as_str()).ok()),
        tag: content.collapse_key.as_deref().unwrap_or(&id),
    };
    let fits = |payload: &Payload<'_>| serde_json::to_vec(payload).ok().filter(|json| json.len() <= most);
    let without_data = Payload { data: None, ..whole };
    let without_image = Payload { image: None, ..without_data };
    fits(&whole)
        .or_else(|| fits(&without_data))
        .or_else(|| shortened(&without_data, &fits))
        .or_else(|| fits(&without_image))
        .or_else(|| shortened(&without_image, &fits))
}

/// With as much of the body as fits, and a sign that there is more.
fn shortened(payload: &Payload<'_>, fits: &impl Fn(&Payload<'_>) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let ends: Vec<usize> = payload.body.char_indices().map(|(index, _)| index).collect();
    let with = |end: usize| {
        let start = payload.body.get(..end).unwrap_or_default();
        let body = format!("{}…", start.trim_end());
        fits(&Payload { body: &body, ..*payload })
    };
    // Longer text is longer JSON, so the longest that fits is found by halving.
    let fitting = ends.partition_point(|end| with(*end).is_some());
    ends.get(fitting.checked_sub(1)?).and_then(|end| with(*end))
}

#[cfg(test)]
mod tests {
    use carillon_domain::{Category, JsonText, Millis, NotificationId, Priority, Ulid, UserId};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn id() -> NotificationId {
        NotificationId { ulid: Ulid::from(1_u128), user: UserId::parse("alice").unwrap() }
    }

    fn content(body: &str, data: Option<&Value>) -> Content {
        Content {
            type_key: "order_shipped".into(),
            category: Category::Transactional,
            priority: Priority::Normal,
            title: "On its way".into(),
            body: body.into(),
            data: data.map(|data| serde_json::from_value::<JsonText>(json!(data.to_string())).unwrap()),
            tags: Vec::new(),
            actor_id: None,
            sender: None,
            folder: None,
            action_url: Some("/orders/42".into()),
            image_url: Some("https://example.com/parcel.png".into()),
            collapse_key: None,
            expires_at: Millis(0),
        }
    }

    fn read(content: &Content, most: usize) -> Option<Value> {
        let bytes = payload(content, &id(), most)?;
        assert!(bytes.len() <= most);
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn it_says_all_that_there_is() {
        let data = json!({"order": 42, "nested": {"a": [1, null]}});
        let told =
            read(&Content { collapse_key: Some("order-42".into()), ..content("Friday", Some(&data)) }, MOST);
        let expected = json!({
            "notification_id": id().to_string(), "type": "order_shipped", "title": "On its way", "body": "Friday",
            "deep_link": "/orders/42", "image": "https://example.com/parcel.png", "data": data, "tag": "order-42",
        });
        assert_eq!(told, Some(expected));
        let plain = Content { action_url: None, image_url: None, ..content("", None) };
        let id = id().to_string();
        let expected =
            json!({"notification_id": id, "type": "order_shipped", "title": "On its way", "tag": id});
        assert_eq!(read(&plain, MOST), Some(expected), "nothing that is not there; shown once by its id");
    }

    #[test]
    fn too_long_it_loses_data_then_the_end_then_the_image() {
        let data = json!({"x": "y".repeat(MOST)});
        let told = read(&content("Friday", Some(&data)), MOST).unwrap();
        assert_eq!((&told["body"], told.get("data")), (&json!("Friday"), None));

        let told = read(&content(&"à \"".repeat(2_000), Some(&json!({"x": 1}))), MOST).unwrap();
        let body = told["body"].as_str().unwrap();
        assert!(body.ends_with('…') && !body.ends_with(" …") && body.len() > 2_000, "{body}");
        assert_eq!((told.get("data"), told.get("image").is_some()), (None, true));

        let image = Some(format!("https://example.com/{}", "i".repeat(2_000)));
        let told = read(&Content { image_url: image, ..content("Friday", None) }, 1_500).unwrap();
        assert_eq!((&told["body"], told.get("image")), (&json!("Friday"), None));

        let link = Some(format!("/{}", "l".repeat(2_000)));
        assert_eq!(read(&Content { action_url: link, ..content("Friday", None) }, 1_500), None);
    }

    /// JSON of the same with another body.
    fn length(content: &Content, body: String) -> usize {
        payload(&Content { body, ..content.clone() }, &id(), usize::MAX).map_or(0, |json| json.len())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_it_says_it_fits_and_keeps_as_much_as_it_can(body in "\\PC{0,3000}", most in 300_usize..MOST) {
            let whole = Content { image_url: None, ..content(&body, None) };
            let told = read(&whole, most).unwrap();
            let kept = told.get("body").and_then(Value::as_str).unwrap_or_default();
            if kept != body {
                let start = kept.strip_suffix('…').unwrap();
                let cut = body.strip_prefix(start).unwrap();
                let word = cut.chars().take_while(|c| c.is_whitespace()).count() + 1;
                let longer = start.chars().chain(cut.chars().take(word)).chain(['…']).collect();
                prop_assert!(length(&whole, longer) > most);
            }
        }
    }
}
