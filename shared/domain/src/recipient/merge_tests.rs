use serde_json::json;

use super::*;

fn known(key: &str) -> Result<(), Option<String>> {
    match key {
        "new_message" | "error_occurred" | "chat_message" => Ok(()),
        "new_mesage" => Err(Some(String::from("new_message"))),
        _ => Err(None),
    }
}

fn merge(document: &Preferences, body: &Value) -> Result<Preferences, FieldError> {
    document.merge(body.to_string().as_bytes(), known).map_err(|error| match error {
        InputError::Invalid(error) => error,
        InputError::Malformed(error) => panic!("malformed: {error}"),
    })
}

/// The members that are not as in an empty document.
fn said(preferences: &Preferences) -> Value {
    let empty = serde_json::to_value(Preferences::default()).unwrap();
    let mut shown = serde_json::to_value(preferences).unwrap();
    shown.as_object_mut().unwrap().retain(|field, value| *value != empty[field]);
    shown
}

fn merged(bodies: &[Value]) -> Value {
    let merged = bodies.iter().fold(Preferences::default(), |document, body| {
        merge(&document, body).unwrap_or_else(|error| panic!("{body}: {error}"))
    });
    said(&merged)
}

#[test]
fn what_is_given_is_merged_and_null_resets() {
    let whole = json!({
        "channels": {"push": true, "email": false},
        "types": {"new_message": {"enabled": true, "push_enabled": false}, "chat_message": {"in_app_enabled": false}},
        "opt_in": {"promotions": false, "digest": true},
        "silenced_senders": ["spam@example.com"],
        "silenced_folders": ["[Gmail]/Promotions"],
        "timezone": "Europe/Zurich",
        "quiet_hours": {"enabled": true, "start": "22:00", "end": "08:00"},
        "digest": {"frequency": "weekly", "time": "09:00", "timezone": "America/New_York", "weekday": 7},
    });
    assert_eq!(merged(std::slice::from_ref(&whole)), whole);
    let with = |path: &str, value: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(path).unwrap() = value;
        changed
    };
    let table = [
        (json!({}), whole.clone()),
        (whole.clone(), whole.clone()),
        (json!({"channels": {"push": null}}), with("/channels", json!({"email": false}))),
        (
            json!({"channels": {"sms": true, "in_app": true}}),
            with("/channels", json!({"push": true, "email": false, "sms": true})),
        ),
        (
            json!({"types": {"new_message": null}}),
            with("/types", json!({"chat_message": {"in_app_enabled": false}})),
        ),
        (
            json!({"types": {"new_message": {"push_enabled": null}}}),
            with("/types/new_message", json!({"enabled": true})),
        ),
        (
            json!({"types": {"chat_message": {"in_app_enabled": null}}}),
            with("/types", json!({"new_message": {"enabled": true, "push_enabled": false}})),
        ),
        (
            json!({"type": "new_message", "sms_enabled": true}),
            with("/types/new_message", json!({"enabled": true, "push_enabled": false, "sms_enabled": true})),
        ),
        (json!({"opt_in": {"digest": null}}), with("/opt_in", json!({"promotions": false}))),
        (json!({"silenced_senders": ["a", "b", "a"]}), with("/silenced_senders", json!(["a", "b"]))),
        (json!({"timezone": "UTC"}), with("/timezone", json!("UTC"))),
        (json!({"quiet_hours": {"enabled": false}}), with("/quiet_hours/enabled", json!(false))),
        (json!({"quiet_hours": {"end": "07:30"}}), with("/quiet_hours/end", json!("07:30"))),
        (json!({"digest": {"frequency": "off"}}), with("/digest/frequency", json!("off"))),
        (
            json!({"digest": {"weekday": null, "time": "10:00"}}),
            with("/digest", json!({"frequency": "weekly", "time": "10:00", "timezone": "America/New_York"})),
        ),
    ];
    for (body, expected) in table {
        assert_eq!(merged(&[whole.clone(), body.clone()]), expected, "{body}");
    }
    for field in whole.as_object().unwrap().keys() {
        let mut rest = whole.clone();
        rest.as_object_mut().unwrap().remove(field);
        assert_eq!(merged(&[whole.clone(), json!({field: null})]), rest, "{field}");
    }
}

#[test]
fn the_flat_names_of_the_mailbox_app_say_the_same() {
    let flat = json!({
        "notify_new_message": false, "notify_error": false, "digest_frequency": "daily", "digest_time": "09:00",
        "digest_timezone": "America/New_York", "channels": ["in_app", "push"], "silenced_senders": ["spam@example.com"],
        "silenced_folders": ["[Gmail]/Promotions"], "push_enabled": true, "quiet_hours_enabled": true,
        "quiet_hours_start": "22:00", "quiet_hours_end": "08:00", "timezone": "UTC",
    });
    let camel = json!({
        "notifyNewMessage": false, "notifyError": false, "digestFrequency": "daily", "digestTime": "09:00",
        "digestTimezone": "America/New_York", "channels": ["in_app", "push"], "silencedSenders": ["spam@example.com"],
        "silencedFolders": ["[Gmail]/Promotions"], "pushEnabled": true, "quietHoursEnabled": true,
        "quietHoursStart": "22:00", "quietHoursEnd": "08:00", "timezone": "UTC",
    });
    let expected = json!({
        "channels": {"push": true, "email": false, "sms": false, "webhook": false, "slack": false},
        "types": {"new_message": {"enabled": false}, "error_occurred": {"enabled": false}},
        "silenced_senders": ["spam@example.com"], "silenced_folders": ["[Gmail]/Promotions"], "timezone": "UTC",
        "quiet_hours": {"enabled": true, "start": "22:00", "end": "08:00"},
        "digest": {"frequency": "daily", "time": "09:00", "timezone": "America/New_York"},
    });
    assert_eq!(merged(&[flat]), expected);
    assert_eq!(merged(&[camel]), expected);
}

#[test]
fn spellings_meet_in_one_document() {
    let window =
        |enabled: bool| json!({"quiet_hours": {"enabled": enabled, "start": "22:00", "end": "06:00"}});
    let table = [
        // An opt-out wins, whichever way it is said.
        (
            vec![json!({"channels": ["push", "email"], "pushEnabled": false})],
            json!({"channels": {"push": false, "email": true, "sms": false, "webhook": false, "slack": false}}),
        ),
        (
            vec![json!({"channels": {"push": false}, "push_enabled": true})],
            json!({"channels": {"push": false}}),
        ),
        (
            vec![json!({"channels": {"push": true}, "push_enabled": null})],
            json!({"channels": {"push": true}}),
        ),
        (vec![json!({"email_enabled": true, "inAppEnabled": true})], json!({"channels": {"email": true}})),
        // A window given whole holds; moving its edges by flat names leaves it on or off.
        (vec![json!({"quiet_hours": {"start": "22:00", "end": "06:00"}})], window(true)),
        (vec![json!({"quiet_hours_start": "22:00", "quiet_hours_end": "06:00"})], window(true)),
        (
            vec![
                json!({"quietHours": {"start": "21:00", "end": "06:00", "enabled": false}}),
                json!({"quietHoursStart": "22:00"}),
            ],
            window(false),
        ),
        (vec![window(false), json!({"quiet_hours": {"start": "22:00", "end": "06:00"}})], window(true)),
        (
            vec![
                window(true),
                json!({"quiet_hours_enabled": false, "quiet_hours_start": null, "quiet_hours_end": null}),
            ],
            json!({}),
        ),
        (vec![json!({"quiet_hours_enabled": false})], json!({})),
        (
            vec![json!({"quiet_hours": null, "quiet_hours_start": "22:00", "quiet_hours_end": "06:00"})],
            window(true),
        ),
        // Before there is a frequency there are no summaries.
        (vec![json!({"digest_time": "09:00"})], json!({"digest": {"frequency": "off", "time": "09:00"}})),
        (vec![json!({"digest": {"frequency": "none"}})], json!({"digest": {"frequency": "off"}})),
        (
            vec![json!({"digest": {"frequency": "monthly", "day": 31}})],
            json!({"digest": {"frequency": "monthly", "day": 31}}),
        ),
        (
            vec![json!({"type": "chat_message", "inAppEnabled": false, "enabled": true})],
            json!({"types": {"chat_message": {"enabled": true, "in_app_enabled": false}}}),
        ),
        (
            vec![json!({"type": "chat_message", "enabled": false}), json!({"notify_chat_message": null})],
            json!({}),
        ),
        (
            vec![json!({"types": {"chat_message": {"enabled": false}}, "notifyChatMessage": false})],
            json!({"types": {"chat_message": {"enabled": false}}}),
        ),
    ];
    for (bodies, expected) in table {
        assert_eq!(merged(&bodies), expected, "{bodies:?}");
    }
}

#[test]
fn every_refusal_names_its_field() {
    let list = |count: usize| (0..count).map(|n| json!(format!("s{n}"))).collect::<Value>();
    let consents: Map<_, _> = (0..51).map(|n| (format!("k{n}"), json!(true))).collect();
    let table = [
        (json!([]), ""),
        (json!({"colour": "red"}), "colour"),
        (json!({"channels": {"fax": true}}), "channels.fax"),
        (json!({"channels": ["push", "fax"]}), "channels[1]"),
        (json!({"channels": "push"}), "channels"),
        (json!({"channels": {"push": "yes"}}), "channels.push"),
        (json!({"channels": {"in_app": false}}), "channels.in_app"),
        (json!({"in_app_enabled": false}), "in_app_enabled"),
        (json!({"pushEnabled": 1}), "pushEnabled"),
        (json!({"types": {"foo": {}}}), "types.foo"),
        (json!({"types": {"foo": null}}), "types.foo"),
        (json!({"types": {"new_message": true}}), "types.new_message"),
        (json!({"types": {"new_message": {"fax_enabled": true}}}), "types.new_message.fax_enabled"),
        (json!({"types": {"new_message": {"push_enabled": "no"}}}), "types.new_message.push_enabled"),
        (json!({"types": []}), "types"),
        (json!({"notify_foo": true}), "notify_foo"),
        (json!({"notifyFoo": true}), "notifyFoo"),
        (json!({"type": "foo", "push_enabled": true}), "type"),
        (json!({"type": 7}), "type"),
        (json!({"type": "new_message", "timezone": "UTC"}), "timezone"),
        (json!({"opt_in": {"Promo": true}}), "opt_in.Promo"),
        (json!({"opt_in": {"promotions": "yes"}}), "opt_in.promotions"),
        (json!({"opt_in": consents}), "opt_in"),
        (json!({"silenced_senders": "x"}), "silenced_senders"),
        (json!({"silenced_senders": ["x", 7]}), "silenced_senders"),
        (json!({"silenced_senders": ["x", ""]}), "silenced_senders[1]"),
        (json!({"silenced_folders": ["x".repeat(321)]}), "silenced_folders[0]"),
        (json!({"silencedSenders": list(201)}), "silencedSenders"),
        (json!({"timezone": "Mars/Olympus"}), "timezone"),
        (json!({"timezone": 1}), "timezone"),
        (json!({"quiet_hours": {"start": "25:00", "end": "08:00"}}), "quiet_hours.start"),
        (json!({"quiet_hours": {"start": "22:00", "end": "8:00"}}), "quiet_hours.end"),
        (json!({"quiet_hours": {"start": "22:00"}}), "quiet_hours.end"),
        (json!({"quiet_hours": {"enabled": true}}), "quiet_hours.start"),
        (json!({"quiet_hours": {"from": "22:00"}}), "quiet_hours.from"),
        (json!({"quiet_hours": "22:00-08:00"}), "quiet_hours"),
        (json!({"quietHoursStart": "24:00"}), "quietHoursStart"),
        (json!({"digest": {"frequency": "hourly"}}), "digest.frequency"),
        (json!({"digest": {"frequency": "daily", "time": "9"}}), "digest.time"),
        (json!({"digest": {"timezone": "PST8"}}), "digest.timezone"),
        (json!({"digest": {"weekday": 8}}), "digest.weekday"),
        (json!({"digest": {"day": 0}}), "digest.day"),
        (json!({"digest": {"day": 1.5}}), "digest.day"),
        (json!({"digest": {"hour": 9}}), "digest.hour"),
        (json!({"digest_timezone": "Nowhere"}), "digest_timezone"),
        (json!({"timezone": "UTC", "digest_time": "09:00", "digest": {"time": "10:00"}}), "digest_time"),
    ];
    for (body, field) in table {
        let error = merge(&Preferences::default(), &body).unwrap_err();
        assert_eq!(error.field, field, "{body}: {error}");
    }
    let nearest = merge(&Preferences::default(), &json!({"types": {"new_mesage": {}}})).unwrap_err();
    assert!(nearest.detail.contains("new_message"), "{nearest}");
    assert!(matches!(Preferences::default().merge(b"{", known), Err(InputError::Malformed(_))));
}

#[test]
fn a_type_that_is_gone_can_be_kept_and_taken_out() {
    let gone = TypePreference { enabled: Some(false), ..TypePreference::default() };
    let document = Preferences { types: [(String::from("gone"), gone)].into(), ..Preferences::default() };
    let whole = serde_json::to_value(&document).unwrap();
    assert_eq!(merge(&document, &whole), Ok(document.clone()));
    assert_eq!(merge(&document, &json!({"types": {"gone": null}})), Ok(Preferences::default()));
}

#[test]
fn a_document_has_a_largest_size() {
    let bells = "\u{1f514}".repeat(310);
    let bells = |count: usize| (0..count).map(|n| json!(format!("{n}{bells}"))).collect::<Value>();
    let document = merge(&Preferences::default(), &json!({"silenced_senders": bells(100)})).unwrap();
    assert_eq!(merge(&document, &json!({"silenced_folders": bells(200)})).unwrap_err().field, "");
}
