//! The data of a message: FCM takes strings only.

use std::collections::BTreeMap;
use std::fmt::Display;

use carillon_domain::Content;
use serde_json::value::RawValue;

/// The producer's data with what apps need to find the notification.
///
/// A text stays what it is. Everything else is its JSON text, as the producer wrote it: `7`, `true`, `null`, `{"a":1}`.
/// A key that FCM or APNs keep for themselves, or that is ours, gets `x_` before it, for FCM refuses the whole message
/// otherwise.
pub(crate) fn of(content: &Content, id: &impl Display) -> BTreeMap<String, String> {
    let mut data = BTreeMap::from([
        (String::from("notification_id"), id.to_string()),
        (String::from("type"), content.type_key.clone()),
    ]);
    if let Some(url) = &content.action_url {
        data.insert(String::from("deep_link"), url.clone());
    }
    let given = content.data.as_ref().map(|data| strings(data.as_str())).unwrap_or_default();
    let (taken, free): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|(key, _)| reserved(key) || data.contains_key(key));
    data.extend(free);
    for (key, value) in taken {
        let mut key = format!("x_{key}");
        while data.contains_key(&key) {
            key.insert_str(0, "x_");
        }
        data.insert(key, value);
    }
    data
}

/// Reserved are `from`, `message_type` and, depending on which page of Google's one reads, what begins with `google` and
/// `gcm` with or without a dot. `aps` is where APNs has its own.
fn reserved(key: &str) -> bool {
    matches!(key, "from" | "message_type" | "aps" | "") || key.starts_with("google") || key.starts_with("gcm")
}

fn strings(object: &str) -> BTreeMap<String, String> {
    let Ok(values) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(object) else {
        // A key with half a surrogate pair is JSON, but no text.
        return BTreeMap::from([(String::from("data"), object.to_owned())]);
    };
    let string = |raw: Box<RawValue>| {
        serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
    };
    values.into_iter().map(|(key, raw)| (key, string(raw))).collect()
}

#[cfg(test)]
mod tests {
    use carillon_domain::NotificationId;

    use super::*;

    fn data(object: &str, action_url: Option<&str>) -> BTreeMap<String, String> {
        let content = serde_json::json!({
            "type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9,
            "data": object, "action_url": action_url,
        });
        let id = NotificationId::parse("ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u").unwrap();
        let mut data = of(&serde_json::from_value(content).unwrap(), &id);
        assert_eq!(data.remove("notification_id"), Some(id.to_string()));
        assert_eq!(data.remove("type").as_deref(), Some("t"));
        data
    }

    #[test]
    fn everything_is_a_string() {
        let given = r#"{"n": 1.10, "big": 12345678901234567890, "yes": true, "no": null, "s": "a\nb", "o": {"k": [1, 2]}, "l": [], "half": "\ud800"}"#;
        let table = [
            ("n", "1.10"),
            ("big", "12345678901234567890"),
            ("yes", "true"),
            ("no", "null"),
            ("s", "a\nb"),
            ("o", r#"{"k": [1, 2]}"#),
            ("l", "[]"),
            ("half", r#""\ud800""#),
        ];
        let data = data(given, None);
        assert_eq!(data.len(), table.len());
        for (key, value) in table {
            assert_eq!(data.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(
            super::strings(r#"{"\ud800": 1}"#).get("data").map(String::as_str),
            Some(r#"{"\ud800": 1}"#)
        );
    }

    #[test]
    fn reserved_keys_make_way_and_lose_nothing() {
        let given = r#"{"from": 1, "x_from": 2, "google.x": 3, "gcm.y": 4, "message_type": 5, "type": 6, "deep_link": 7, "aps": 8}"#;
        let table = [
            ("x_x_from", "1"),
            ("x_from", "2"),
            ("x_google.x", "3"),
            ("x_gcm.y", "4"),
            ("x_message_type", "5"),
            ("x_type", "6"),
            ("x_aps", "8"),
        ];
        let linked = data(given, Some("/b"));
        assert_eq!(linked.len(), table.len() + 2);
        for (key, value) in table {
            assert_eq!(linked.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(linked.get("deep_link").map(String::as_str), Some("/b"));
        assert_eq!(linked.get("x_deep_link").map(String::as_str), Some("7"));
        assert_eq!(
            data(given, None).get("deep_link").map(String::as_str),
            Some("7"),
            "there is none of ours"
        );
    }
}
