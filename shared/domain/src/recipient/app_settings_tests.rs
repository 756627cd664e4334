use serde_json::json;

use super::*;

fn check(body: &str) -> Result<JsonText, InputError> {
    AppSettings::check(body.as_bytes(), &BTreeSet::from(["promotions", "digest", "sms"]))
}

fn read(document: &Value) -> AppSettings {
    AppSettings::read(&document.to_string())
}

#[test]
fn a_document_is_kept_byte_for_byte() {
    let documents = [
        "{}",
        r#"{ "b":1.0,"a":1e2,  "push":true,"push":false, "theme":{"dark":null}, "sms":"maybe" }"#,
        r#"{"push":null,"promotions":null,"categories":null,"quietHours":null,"frequency":null}"#,
        r#"{"push":true,"email":false,"frequency":"weekly","quietHours":{"start":"22:00","end":"07:00","days":[1]},
            "categories":{"bookings":true,"promotions":false,"reminders":null,"community":true}}"#,
        r#"{"quietHours":{"enabled":false,"start":null,"end":null}}"#,
        r#"{"onboarding":"not a consent of this tenant"}"#,
    ];
    for document in documents {
        assert_eq!(check(document).unwrap().as_str(), document);
    }
}

#[test]
fn what_the_rules_could_not_read_is_refused_by_its_name() {
    let long = json!({"x": "x".repeat(16_384)}).to_string();
    let table = [
        ("[]", ""),
        ("null", ""),
        ("true", ""),
        (long.as_str(), ""),
        (r#"{"push_notifications":"yes"}"#, "push_notifications"),
        (r#"{"push":1}"#, "push"),
        (r#"{"email_notifications":"true"}"#, "email_notifications"),
        (r#"{"email":{}}"#, "email"),
        (r#"{"sms_notifications":0}"#, "sms_notifications"),
        (r#"{"promotional_emails":"no"}"#, "promotional_emails"),
        (r#"{"promotional_push":[]}"#, "promotional_push"),
        (r#"{"promotions":"no"}"#, "promotions"),
        (r#"{"digest":"weekly"}"#, "digest"),
        (r#"{"categories":["promotions"]}"#, "categories"),
        (r#"{"categories":true}"#, "categories"),
        (r#"{"categories":{"promotions":"off"}}"#, "categories.promotions"),
        (r#"{"categories":{"anything":1}}"#, "categories.anything"),
        (r#"{"frequency":"hourly"}"#, "frequency"),
        (r#"{"quietHours":"22-7"}"#, "quietHours"),
        (r#"{"quietHours":{"start":"25:00","end":"07:00"}}"#, "quietHours.start"),
        (r#"{"quietHours":{"start":"22:00","end":7}}"#, "quietHours.end"),
        (r#"{"quietHours":{"start":"22:00"}}"#, "quietHours.end"),
        (r#"{"quiet_hours":{"end":"22:00"}}"#, "quiet_hours.start"),
    ];
    for (document, field) in table {
        let Err(InputError::Invalid(error)) = check(document) else { panic!("accepted: {document}") };
        assert_eq!(error.field, field, "{document}");
    }
    for broken in ["", "{", "{}{}", r#"{"a":"\ud800"}"#] {
        assert!(matches!(check(broken), Err(InputError::Malformed(_))), "{broken}");
    }
}

#[test]
fn the_first_key_that_is_set_decides() {
    let switches = |document: &Value| {
        let read = read(document);
        [read.push, read.email, read.sms]
    };
    let (on, off) = (Some(true), Some(false));
    let table = [
        (json!({}), [None, None, None]),
        (json!({"push": false, "email": true}), [off, on, None]),
        (json!({"push_notifications": true, "push": false}), [on, None, None]),
        (json!({"push_notifications": null, "push": false}), [off, None, None]),
        (json!({"push_notifications": null}), [None, None, None]),
        (json!({"email_notifications": false, "email": true}), [None, off, None]),
        (json!({"sms": true}), [None, None, None]),
        (json!({"sms_notifications": true, "sms": false}), [None, None, on]),
    ];
    for (document, expected) in table {
        assert_eq!(switches(&document), expected, "{document}");
    }
}

#[test]
fn consents_are_read_at_top_level_first() {
    let table = [
        (
            json!({"promotions": true, "categories": {"promotions": false, "digest": false}}),
            json!({"promotions": true, "digest": false}),
        ),
        (json!({"promotions": null, "categories": {"promotions": false}}), json!({"promotions": false})),
        (json!({"digest": false, "categories": {"digest": true}}), json!({"digest": false})),
        (json!({"categories": {"promotions": null, "push": false}}), json!({"push": false})),
        (json!({"push": true, "sms": true, "promotional_push": false, "dark": true}), json!({"dark": true})),
        (json!({"categories": 7, "digest": "no"}), json!({})),
    ];
    for (document, expected) in table {
        assert_eq!(json!(read(&document).opt_in), expected, "{document}");
    }
    let both = read(&json!({"promotional_push": false, "promotional_emails": true}));
    assert_eq!((both.promotional_push, both.promotional_emails), (Some(false), Some(true)));
}

#[test]
fn frequency_and_quiet_hours_feed_the_digest_and_the_window() {
    let window = |enabled: bool| {
        let time = |text: &str| TimeOfDay::parse(text).unwrap();
        Some(QuietHours { enabled, start: time("22:00"), end: time("07:00") })
    };
    let table = [
        (json!({"frequency": "realtime"}), (Some(Frequency::Off), None)),
        (
            json!({"frequency": "daily", "quietHours": {"start": "22:00", "end": "07:00"}}),
            (Some(Frequency::Daily), window(true)),
        ),
        (json!({"frequency": null, "quiet_hours": {"start": "22:00", "end": "07:00"}}), (None, window(true))),
        (
            json!({"quietHours": null, "quiet_hours": {"start": "22:00", "end": "07:00", "enabled": false}}),
            (None, window(false)),
        ),
        (
            json!({"frequency": "weekly", "quietHours": {"start": null, "end": null}}),
            (Some(Frequency::Weekly), None),
        ),
        (json!({"frequency": "sometimes", "quietHours": {"start": "late"}}), (None, None)),
    ];
    for (document, expected) in table {
        let read = read(&document);
        assert_eq!((read.frequency, read.quiet_hours), expected, "{document}");
    }
    assert_eq!(AppSettings::read("not json"), AppSettings::default());
}
