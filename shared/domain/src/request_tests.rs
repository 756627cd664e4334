use serde_json::{Value, json};

use super::*;

fn refused(body: &Value) -> RequestError {
    let registry = Registry::shipped().unwrap();
    match CreateNotification::parse(body.to_string().as_bytes()) {
        Err(error) => error,
        Ok(parsed) => parsed.accept(&registry).map(|accepted| accepted.targets.len()).unwrap_err(),
    }
}

fn with(field: &str, value: Value) -> Value {
    let mut body = json!({"type": "app_update", "recipient": "ann", "title": "T"});
    body[field] = value;
    body
}

#[test]
fn every_refusal_names_its_field() {
    let many = |n: usize| (0..n).map(|i| json!(format!("u{i}"))).collect::<Vec<_>>();
    let mut both = with("recipients", json!(["bob"]));
    both["recipient"] = json!("ann");
    let list = |recipients: Value| json!({"type": "app_update", "title": "T", "recipients": recipients});
    let table = [
        (json!({"recipient": "ann", "title": "T"}), "type"),
        (json!({"type": "app_update", "recipient": "ann"}), "title"),
        (json!({"type": "app_update", "title": "T"}), "recipient"),
        (with("title", json!(" ")), "title"),
        (with("title", json!("x".repeat(256))), "title"),
        (with("title", json!("a\u{7}b")), "title"),
        (with("title", json!(7)), "title"),
        (with("recipient", json!("a#b")), "recipient"),
        (with("recipient", json!({"user_id": "a#b"})), "recipient.user_id"),
        (with("recipient", json!({})), "recipient.user_id"),
        (with("recipient", json!({"user_id": "a", "email": "x"})), "recipient.email"),
        (with("recipient", json!({"user_id": "a", "phone": "123"})), "recipient.phone"),
        (with("recipient", json!(["ann"])), "recipient"),
        (both, "recipients"),
        (list(json!([])), "recipients"),
        (list(json!(many(101))), "recipients"),
        (list(json!(["ann", "bob", {"user_id": "ann"}])), "recipients[2]"),
        (list(json!(["ann", {"user_id": "bob", "emial": "x"}])), "recipients[1].emial"),
        (with("data", json!([1])), "data"),
        (with("tags", json!(many(33))), "tags"),
        (with("tags", json!(["ok", ""])), "tags[1]"),
        (with("priority", json!("loud")), "priority"),
        (with("channels", json!(["fax"])), "channels[0]"),
        (with("action_url", json!("javascript:alert(1)")), "action_url"),
        (with("image_url", json!("//evil")), "image_url"),
        (with("sender", json!({"name": "A", "email": "nope"})), "sender.email"),
        (with("sender", json!({"name": "A", "nick": "B"})), "sender.nick"),
        (with("ttl_seconds", json!(0)), "ttl_seconds"),
        (with("ttl_seconds", json!(-1)), "ttl_seconds"),
        (with("titel", json!("T")), "titel"),
        (with("account_id", json!("a#b")), "account_id"),
    ];
    for (body, expected) in table {
        let error = refused(&body);
        let RequestError::Invalid { field, .. } = error else { panic!("{body}: {error}") };
        assert_eq!(field, expected, "{body}");
    }
}

#[test]
fn broken_json_is_malformed_not_invalid() {
    for body in [&b"{"[..], b"", b"{\"type\":}", b"{\"type\":\"app_update\"} {}", b"\xff"] {
        assert!(matches!(CreateNotification::parse(body), Err(RequestError::Malformed(_))), "{body:?}");
    }
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(500), "]".repeat(500));
    assert!(CreateNotification::parse(deep.as_bytes()).is_err());
}

#[test]
fn an_unknown_type_names_the_nearest() {
    let error = refused(&with("type", json!("app_updates")));
    assert!(matches!(error, RequestError::UnknownType { nearest: Some(ref key), .. } if key == "app_update"));
}

#[test]
fn data_is_kept_as_given_and_shown_as_an_object() {
    let registry = Registry::shipped().unwrap();
    let data = r#"{"b":1.0,"a":123456789012345678901234567890,"b":null}"#;
    let body = format!(r#"{{"type":"app_update","title":"T","recipient":"ann","data":{data}}}"#);
    let accepted = CreateNotification::parse(body.as_bytes()).unwrap().accept(&registry).unwrap();
    let target = accepted.targets.first().unwrap();
    let made =
        Notification::new(Ulid::nil(), target, accepted.content(Ulid::nil()), "p".into(), Deliveries::new());
    assert!(notification_frame(&made).contains(data));
}

#[test]
fn the_size_limit_is_of_the_rendered_frame_of_the_longest_recipient() {
    let registry = Registry::shipped().unwrap();
    let size = |body_bytes: usize, user: &str| {
        let body = json!({"type": "app_update", "title": "T", "recipients": ["a", user], "body": "x".repeat(body_bytes)});
        let parsed = CreateNotification::parse(body.to_string().as_bytes()).unwrap();
        parsed.accept(&registry).unwrap().check_frame(Ulid::nil())
    };
    let Err(RequestError::TooLarge { bytes }) = size(32_000, "b") else { panic!("must be refused") };
    let overhead = bytes - 32_000;
    assert_eq!(size(MAX_FRAME_BYTES - overhead, "b"), Ok(()));
    assert_eq!(
        size(MAX_FRAME_BYTES - overhead + 1, "b"),
        Err(RequestError::TooLarge { bytes: MAX_FRAME_BYTES + 1 })
    );
    assert!(size(MAX_FRAME_BYTES - overhead, &"b".repeat(9)).is_err());
}
