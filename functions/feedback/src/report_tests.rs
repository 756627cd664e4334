use carillon_domain::{Feedback, Millis, SuppressedFor};
use serde_json::{Value, json};

use super::event::Event;
use super::report::{Report, Subject, report, subject};

/// Later than all samples.
const NOW: Millis = Millis(1_795_262_400_000);

macro_rules! sample {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../events/ses-", $name, ".json"))).unwrap()
    };
}

fn event(value: Value) -> Event {
    serde_json::from_value(value).unwrap()
}

fn read(value: Value) -> Option<Report> {
    report(&event(value), NOW)
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn changed(mut value: Value, pointer: &str, to: Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = to;
    value
}

#[test]
fn the_documented_events_say_what_they_say() {
    let ours = Subject {
        tenant: "acme".parse().unwrap(),
        id: carillon_domain::NotificationId::parse("ntf_01M7YZMHG000000000000000A1YW5u").unwrap(),
    };
    let address = || vec![text("recipient@example.com")];
    let table = [
        (sample!("send"), Feedback::Sent, "2016-10-14T05:02:16.645Z", None),
        (sample!("delivery"), Feedback::Delivered, "2016-10-19T23:21:04.133Z", None),
        (sample!("open"), Feedback::Opened, "2017-08-09T22:00:19.652Z", None),
        (sample!("click"), Feedback::Clicked, "2017-08-09T23:51:25.570Z", None),
        (
            sample!("delivery-delay"),
            Feedback::Delayed { detail: text("TransientCommunicationFailure") },
            "2020-06-16T00:25:40.095Z",
            None,
        ),
        (
            sample!("bounce"),
            Feedback::Bounced { hard: true, detail: text("General 5.1.1") },
            "2017-08-05T00:41:02.669Z",
            Some((SuppressedFor::HardBounce, address())),
        ),
        (
            sample!("bounce-transient"),
            Feedback::Bounced { hard: false, detail: text("MailboxFull 4.2.2") },
            "2017-08-05T00:41:02.669Z",
            None,
        ),
        (
            sample!("complaint"),
            Feedback::Complained { detail: text("abuse") },
            "2017-08-05T00:41:02.669Z",
            Some((SuppressedFor::Complaint, address())),
        ),
        (
            sample!("reject"),
            Feedback::Rejected { detail: text("Bad content") },
            "2016-10-14T17:38:15.211Z",
            None,
        ),
    ];
    for (sample, feedback, at, suppress) in table {
        let event = event(sample);
        assert_eq!(subject(&event.mail).as_ref(), Some(&ours), "{}", event.event_type);
        let at = Millis::parse(at).unwrap();
        assert_eq!(report(&event, NOW), Some(Report { feedback, at, suppress }));
    }
    assert_eq!(subject(&event(sample!("rendering-failure")).mail), Some(ours));
}

#[test]
fn what_says_nothing_changes_nothing() {
    assert_eq!(read(sample!("rendering-failure")), None);
    assert_eq!(read(changed(sample!("send"), "/eventType", json!("Subscription"))), None);
    let taken_back = changed(sample!("complaint"), "/complaint/complaintFeedbackType", json!("not-spam"));
    assert_eq!(read(taken_back), None);
    assert_eq!(read(changed(sample!("bounce"), "/bounce", Value::Null)), None, "an event without its object");
}

#[test]
fn only_a_permanent_bounce_suppresses_and_only_whom_we_sent_to() {
    let undetermined = changed(sample!("bounce"), "/bounce/bounceType", json!("Undetermined"));
    assert_eq!(read(undetermined).unwrap().suppress, None);
    let whom = json!([{"emailAddress": "victim@example.com"}]);
    let named = changed(sample!("bounce"), "/bounce/bouncedRecipients", whom);
    let to = ["a@example.com", " c@example.com ", "nobody", "+4930123456"];
    let (_, addresses) = read(changed(named, "/mail/destination", json!(to))).unwrap().suppress.unwrap();
    assert_eq!(addresses, ["a@example.com", "c@example.com"]);
}

#[test]
fn details_are_codes() {
    for (said, detail) in [
        (json!("5.1.1\r\nX: y"), "General 5.1.1X: y"),
        (json!("\u{fc}"), "General"),
        (json!("for <a@b.example>"), "unspecified"),
        (json!("5".repeat(200)), &format!("General {}", "5".repeat(56))),
        (Value::Null, "General"),
    ] {
        let bounce = changed(sample!("bounce"), "/bounce/bouncedRecipients/0/status", said);
        assert_eq!(read(bounce).unwrap().feedback.detail(), Some(detail));
    }
    let silent = changed(sample!("complaint"), "/complaint/complaintFeedbackType", Value::Null);
    assert_eq!(read(silent).unwrap().feedback.detail(), Some("unspecified"));
}

#[test]
fn a_time_that_is_none_or_ahead_is_now() {
    for said in [json!("yesterday"), Value::Null, json!("2100-01-01T00:00:00Z")] {
        let sent = changed(sample!("send"), "/mail/timestamp", said.clone());
        assert_eq!(read(sent).unwrap().at, NOW, "{said}");
    }
    let delivered = changed(sample!("delivery"), "/delivery/timestamp", Value::Null);
    assert_eq!(
        Some(read(delivered).unwrap().at),
        Millis::parse("2016-10-19T23:20:52.240Z"),
        "when it was sent"
    );
}

#[test]
fn a_mail_without_our_tags_is_another_applications() {
    let bare = changed(sample!("send"), "/mail/tags", json!({}));
    let tag = |name: &str, to: Value| changed(sample!("send"), &format!("/mail/tags/{name}"), to);
    let foreign = [
        bare,
        tag("tenant", json!([])),
        tag("tenant", json!(["acme"])),
        tag("tenant", json!(["I2E"])), // #a
        tag("notification", json!(["%%%"])),
        tag("notification", json!(["ntf_"])),
    ];
    for event_ in foreign {
        assert_eq!(subject(&event(event_).mail), None);
    }
    let untagged = json!({"notificationType": "Bounce", "mail": {"messageId": "m"}});
    assert_eq!(subject(&event(untagged).mail), None, "as an identity's own notifications are");
}
