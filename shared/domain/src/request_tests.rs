use serde_json::{Value, json};

use super::*;
use crate::Wording;

const NOW: Millis = Millis(1_700_000_000_000);

fn refused(body: &Value) -> RequestError {
    let registry = Registry::shipped().unwrap();
    match CreateNotification::parse(body.to_string().as_bytes()) {
        Err(error) => error,
        Ok(parsed) => {
            let types = TenantTypes::default();
            let entry = match parsed.entry(&types, &registry) {
                Ok(entry) => entry,
                Err(error) => return error,
            };
            parsed.accept(entry, Texts::default(), NOW).map(|accepted| accepted.targets.len()).unwrap_err()
        }
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
        (with("scheduled_for", json!("tomorrow")), "scheduled_for"),
        (with("scheduled_for", json!("2024-11-15T00:00:00Z")), "scheduled_for"),
        (with("titel", json!("T")), "titel"),
        (with("account_id", json!("a#b")), "account_id"),
    ];
    for (body, expected) in table {
        let error = refused(&body);
        let RequestError::Input(InputError::Invalid(FieldError { field, .. })) = error else {
            panic!("{body}: {error}")
        };
        assert_eq!(field, expected, "{body}");
    }
}

#[test]
fn broken_json_is_malformed_not_invalid() {
    for body in [&b"{"[..], b"", b"{\"type\":}", b"{\"type\":\"app_update\"} {}", b"\xff"] {
        assert!(
            matches!(CreateNotification::parse(body), Err(RequestError::Input(InputError::Malformed(_)))),
            "{body:?}"
        );
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
    let accepted = CreateNotification::parse(body.as_bytes()).unwrap();
    let accepted = accepted.accept(registry.get("app_update").unwrap(), Texts::default(), NOW).unwrap();
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
        let entry = registry.get("app_update").unwrap();
        parsed.accept(entry, Texts::default(), NOW).unwrap().check_frame(Ulid::nil())
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

#[test]
fn every_language_must_fit_a_socket_and_all_of_them_a_queue() {
    let registry = Registry::shipped().unwrap();
    let checked = |languages: usize, title_bytes: usize, push_bytes: usize| {
        let parsed = CreateNotification::parse(with("title", json!("T")).to_string().as_bytes()).unwrap();
        let words = Wording {
            title: Some("x".repeat(title_bytes)),
            push_body: Some("x".repeat(push_bytes)),
            ..Wording::default()
        };
        let wordings = (0..languages).map(|index| (format!("x{index}"), words.clone())).collect();
        let texts = Texts { wordings, ..Texts::default() };
        parsed.accept(registry.get("app_update").unwrap(), texts, NOW).unwrap().check_frame(Ulid::nil())
    };
    assert_eq!(checked(20, 200, 4_096), Ok(()));
    assert!(matches!(checked(1, 32_000, 0), Err(RequestError::TooLarge { .. })), "in one language");
    assert!(matches!(checked(20, 3_000, 3_000), Err(RequestError::TooManyWords { .. })), "all together");
    assert_eq!(checked(1, 200, 4_097), Err(RequestError::PushTooLarge { bytes: 4_097 }));
}

#[test]
fn what_is_too_large_whatever_its_type_says_is_refused_at_once() {
    let size = |body: usize, data: usize| {
        let mut request = with("body", json!("x".repeat(body)));
        request["data"] = json!({"x": "x".repeat(data)});
        CreateNotification::parse(request.to_string().as_bytes()).unwrap().check_size()
    };
    assert_eq!(size(20_000, 11_992), Ok(()));
    assert_eq!(size(20_000, 11_993), Err(RequestError::TooLarge { bytes: 32_001 }));
}

#[test]
fn a_type_goes_out_on_its_own_channels_narrowed_by_the_request() {
    let registry = Registry::shipped().unwrap();
    let channels = |narrowed: Value| {
        let parsed = CreateNotification::parse(with("channels", narrowed).to_string().as_bytes()).unwrap();
        parsed.channels(registry.get("booking_confirmed").unwrap())
    };
    assert_eq!(channels(json!(null)), [Channel::InApp, Channel::Push, Channel::Email]);
    assert_eq!(channels(json!(["email", "sms"])), [Channel::InApp, Channel::Email]);
}

#[test]
fn a_schedule_lies_ahead_or_is_now() {
    let registry = Registry::shipped().unwrap();
    let scheduled = |text: &str| {
        let body = with("scheduled_for", json!(text)).to_string();
        let parsed = CreateNotification::parse(body.as_bytes()).unwrap();
        parsed.accept(registry.get("app_update").unwrap(), Texts::default(), NOW).unwrap().scheduled_for
    };
    assert_eq!(scheduled("2023-11-14T22:13:21+00:00"), Some(Millis(1_700_000_001_000)));
    assert_eq!(scheduled("2023-11-14T23:08:20+01:00"), None, "five minutes ago, by a slow clock");
    assert!(scheduled("2024-11-14T22:13:20Z").is_some());
    assert_eq!(scheduled("2023-11-14T22:00:00Z"), None, "overdue: refused, unless it is a repetition");
}

#[test]
fn marketing_is_never_critical_and_a_time_that_passed_is_told() {
    let registry = Registry::shipped().unwrap();
    let accept = |kind: &str, field: &str, value: Value| {
        let body = json!({"type": kind, "recipient": "ann", "title": "T", field: value}).to_string();
        let parsed = CreateNotification::parse(body.as_bytes()).unwrap();
        parsed.accept(registry.get(kind).unwrap(), Texts::default(), NOW).map(|accepted| accepted.overdue)
    };
    assert!(accept("promotion_generic", "priority", json!("critical")).is_err());
    assert_eq!(accept("app_update", "priority", json!("critical")), Ok(false));
    assert_eq!(accept("app_update", "scheduled_for", json!("2023-11-14T22:08:19Z")), Ok(true));
    assert_eq!(accept("app_update", "scheduled_for", json!("2023-11-14T22:08:20Z")), Ok(false));
}

#[test]
fn templates_see_the_request_and_data_over_it() {
    let body = json!({
        "type": "new_message", "recipient": "ann", "folder": "Inbox", "sender": {"name": "Bob"},
        "data": {"folder": "Work", "n": 1},
    });
    let variables = CreateNotification::parse(body.to_string().as_bytes()).unwrap().variables();
    assert_eq!(variables["folder"], "Work");
    assert_eq!(variables["data"]["n"], 1);
    assert_eq!(variables["n"], 1);
    assert_eq!(variables["sender"]["name"], "Bob");
    assert!(variables.get("type").is_none() && variables.get("recipient").is_none());
}
