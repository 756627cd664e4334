//! The whole JSON of messages.

use carillon_domain::{Content, Millis, NotificationId, Reason};
use serde_json::{Value, json};

use super::{Message, Target};

const NOW: Millis = Millis(1_700_000_000_000);
const ID: &str = "ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u";

/// A minute before its end.
fn content(change: Value) -> Content {
    let mut content = json!({
        "type": "booking_confirmed", "category": "transactional", "priority": "normal", "title": "Table for two",
        "expires_at": NOW.0 + 60_500,
    });
    content.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    serde_json::from_value(content).unwrap()
}

fn message(change: Value) -> Message {
    Message::new(&content(change), &NotificationId::parse(ID).unwrap(), NOW)
}

fn to(target: Target<'_>, change: Value) -> Value {
    serde_json::from_slice(&message(change).to(target).unwrap()).unwrap()
}

fn everything() -> Value {
    json!({
        "body": "Friday, 19:00", "collapse_key": "booking:7", "action_url": "https://shop.example/b/7",
        "image_url": "https://shop.example/7.png",
        "data": r#"{"table": 7, "vip": null, "menu": {"courses": [1, 2.50]}, "from": "shop"}"#,
    })
}

#[test]
fn the_least_says_no_more_than_it_must() {
    let expected = json!({"message": {
        "token": "t1",
        "notification": {"title": "Table for two"},
        "data": {"notification_id": ID, "type": "booking_confirmed"},
        "android": {"priority": "NORMAL", "ttl": "60s", "notification": {"tag": ID}},
        "apns": {
            "headers": {
                "apns-priority": "10", "apns-push-type": "alert", "apns-expiration": "1700000060",
                "apns-collapse-id": ID,
            },
            "payload": {"aps": {"sound": "default"}},
        },
        "webpush": {"headers": {"TTL": "60", "Urgency": "normal"}, "notification": {"tag": ID}},
        "fcm_options": {"analytics_label": "booking_confirmed"},
    }});
    assert_eq!(to(Target::Token("t1"), json!({})), expected);
}

#[test]
fn the_most_says_all_there_is() {
    let mut change = everything();
    change["priority"] = "critical".into();
    let expected = json!({"message": {
        "token": "t1",
        "notification": {
            "title": "Table for two", "body": "Friday, 19:00", "image": "https://shop.example/7.png",
        },
        "data": {
            "notification_id": ID, "type": "booking_confirmed", "deep_link": "https://shop.example/b/7",
            "table": "7", "vip": "null", "menu": r#"{"courses": [1, 2.50]}"#, "x_from": "shop",
        },
        "android": {
            "priority": "HIGH", "ttl": "60s", "collapse_key": "booking:7",
            "notification": {"channel_id": "high_importance_channel", "tag": "booking:7"},
        },
        "apns": {
            "headers": {
                "apns-priority": "10", "apns-push-type": "alert", "apns-expiration": "1700000060",
                "apns-collapse-id": "booking:7",
            },
            "payload": {"aps": {"sound": "default", "mutable-content": 1}},
        },
        "webpush": {
            "headers": {"TTL": "60", "Urgency": "high", "Topic": crate::topic_header::topic_header("booking:7")},
            "notification": {"tag": "booking:7"},
            "fcm_options": {"link": "https://shop.example/b/7"},
        },
        "fcm_options": {"analytics_label": "booking_confirmed"},
    }});
    assert_eq!(to(Target::Token("t1"), change), expected);
}

#[test]
fn low_priority_is_background_for_apple_and_shown_by_the_others() {
    let mut change = everything();
    change["priority"] = "low".into();
    change["collapse_key"] = Value::Null;
    let shown = json!({
        "tag": ID, "title": "Table for two", "body": "Friday, 19:00", "image": "https://shop.example/7.png",
    });
    let expected = json!({"message": {
        "token": "t1",
        "data": {
            "notification_id": ID, "type": "booking_confirmed", "deep_link": "https://shop.example/b/7",
            "table": "7", "vip": "null", "menu": r#"{"courses": [1, 2.50]}"#, "x_from": "shop",
        },
        "android": {"priority": "NORMAL", "ttl": "60s", "notification": shown},
        "apns": {
            "headers": {
                "apns-priority": "5", "apns-push-type": "background", "apns-expiration": "1700000060",
                "apns-collapse-id": ID,
            },
            "payload": {"aps": {"content-available": 1}},
        },
        "webpush": {
            "headers": {"TTL": "60", "Urgency": "low"}, "notification": shown,
            "fcm_options": {"link": "https://shop.example/b/7"},
        },
        "fcm_options": {"analytics_label": "booking_confirmed"},
    }});
    assert_eq!(to(Target::Token("t1"), change), expected);
}

#[test]
fn a_field_follows_its_rule() {
    let long = "k".repeat(65);
    let table = [
        (json!({"priority": "high"}), "/android/priority", json!("HIGH")),
        (
            json!({"priority": "high"}),
            "/android/notification",
            json!({"channel_id": "high_importance_channel", "tag": ID}),
        ),
        (json!({"priority": "high"}), "/webpush/headers/Urgency", json!("high")),
        (json!({"expires_at": NOW.0 + 1}), "/android/ttl", json!("1s")),
        (json!({"expires_at": NOW.0 + 40 * 86_400_000_i64}), "/android/ttl", json!("2419200s")),
        (json!({"expires_at": NOW.0 + 40 * 86_400_000_i64}), "/webpush/headers/TTL", json!("2419200")),
        (json!({"image_url": "/7.png"}), "/notification", json!({"title": "Table for two"})),
        (json!({"image_url": "http://shop.example/7.png"}), "/apns/payload/aps", json!({"sound": "default"})),
        (json!({"action_url": "/b/7"}), "/data/deep_link", json!("/b/7")),
        (json!({"action_url": "/b/7"}), "/webpush/fcm_options", Value::Null),
        (json!({"collapse_key": long}), "/android/collapse_key", json!(long)),
        (json!({"type": "tenant/own ä"}), "/fcm_options/analytics_label", json!("tenant_own__")),
        (json!({"body": "\u{1f600} \"quoted\"\n"}), "/notification/body", json!("\u{1f600} \"quoted\"\n")),
    ];
    for (change, pointer, expected) in table {
        let sent = to(Target::Token("t1"), change.clone());
        let found = sent["message"].pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{change} {pointer}");
    }
    let sent = to(Target::Token("t1"), json!({"collapse_key": long}));
    let id = sent["message"]["apns"]["headers"]["apns-collapse-id"].as_str().unwrap();
    assert!(id.len() <= 64 && id != long, "{id}");
}

#[test]
fn it_goes_to_a_token_or_to_a_topic() {
    let sent = to(Target::Topic("acme~news"), json!({}));
    assert_eq!(sent["message"]["topic"], "acme~news");
    assert!(sent["message"].get("token").is_none());
}

/// What is to come to `bytes` of payload.
fn filled(bytes: usize, priority: &str) -> Message {
    let fixed = "titleTable for twobodynotification_idtypebooking_confirmed".len() + ID.len();
    message(
        json!({"body": "ä".repeat((bytes - fixed) / 2) + &"b".repeat((bytes - fixed) % 2), "priority": priority}),
    )
}

#[test]
fn more_than_fcm_takes_is_told_in_bytes() {
    for priority in ["normal", "low"] {
        assert!(filled(4096, priority).to(Target::Token("t")).is_ok());
        let failure = filled(4097, priority).to(Target::Token("t")).unwrap_err();
        assert_eq!(failure.reason, Reason::TooLarge);
        assert_eq!(failure.detail, "payload of 4097 bytes, FCM takes 4096");
    }
    assert!(filled(2048, "normal").to(Target::Topic("t")).is_ok());
    let failure = filled(2049, "normal").to(Target::Topic("t")).unwrap_err();
    assert_eq!(failure.detail, "payload of 2049 bytes, FCM takes 2048");
}
