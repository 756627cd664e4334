use carillon_domain::Registry;
use serde_json::json;

use super::*;

const ALL: Wanted = Wanted { title: true, body: true, collapse_key: true };

fn shipped(key: &str, variables: Value) -> Result<Texts, FieldError> {
    let registry = Registry::shipped().unwrap();
    let entry = registry.get(key).unwrap();
    fill(entry, &variables, ALL, &entry.channels)
}

#[test]
fn shipped_templates_say_what_they_should() {
    let table = [
        (
            "new_message",
            json!({"sender": {"name": "Ann"}, "subject": "Hi"}),
            "New message from Ann",
            Some("Hi"),
        ),
        ("new_message", json!({"sender": {"name": "Ann"}}), "New message from Ann", Some("(No subject)")),
        (
            "new_message",
            json!({"sender": {"name": "Ann"}, "subject": ""}),
            "New message from Ann",
            Some("(No subject)"),
        ),
        (
            "sync_complete",
            json!({"folder": "Inbox", "n": 12, "m": 3}),
            "Synced Inbox: 12 messages (3 new)",
            None,
        ),
        (
            "sync_failed",
            json!({"folder": "Inbox", "error": "timeout"}),
            "Failed to sync Inbox: timeout",
            None,
        ),
        ("error_occurred", json!({"type": "E42"}), "Error: E42", None),
        (
            "message_sent",
            json!({"recipient": "bob@example.com", "subject": "<b>"}),
            "Sent to bob@example.com: <b>",
            None,
        ),
        ("attachment_downloaded", json!({"file": "a.pdf"}), "Downloaded a.pdf", None),
        ("quota_warning", json!({"percent": 91.26}), "91.3% full", None),
        ("quota_warning", json!({"percent": 90}), "90.0% full", None),
    ];
    for (key, variables, title, body) in table {
        let texts = shipped(key, variables).unwrap();
        assert_eq!((texts.title.as_deref(), texts.body.as_deref()), (Some(title), body), "{key}");
    }
}

#[test]
fn a_variable_that_is_not_there_is_named() {
    let table = [
        ("new_message", json!({}), "sender"),
        ("new_message", json!({"sender": {}}), "sender.name"),
        ("sync_complete", json!({"folder": "Inbox", "n": 1}), "data.m"),
        ("sync_failed", json!({"error": "x"}), "folder"),
        ("quota_warning", json!({}), "data.percent"),
    ];
    for (key, variables, field) in table {
        let error = shipped(key, variables).unwrap_err();
        assert!(error.field.starts_with(field), "{key}: {error}");
        assert!(error.detail.starts_with("is required by the title of"), "{error}");
    }
}

#[test]
fn a_rendered_title_is_one_line_and_fits() {
    let name = format!("Eve\r\nBcc: {}", "x".repeat(300));
    let title = shipped("new_message", json!({"sender": {"name": name}})).unwrap().title.unwrap();
    assert!(title.starts_with("New message from Eve  Bcc: xx") && title.ends_with('…'), "{title}");
    assert_eq!(title.chars().count(), 255);
}

#[test]
fn templates_are_bounded() {
    let registry = Registry::shipped().unwrap();
    let with = |title: &str| {
        let document = json!({"templates": {"title": title}}).to_string();
        registry.overridden("app_update", document.as_bytes()).unwrap()
    };
    let endless = with("{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}");
    assert!(fill(&endless, &json!({}), ALL, &[]).unwrap_err().detail.contains("fuel"));
    assert_eq!(crate::check(&with("{{ a")).unwrap_err().field, "templates.title");
    assert!(crate::check(&with("{{ a | default('b') }}")).is_ok());
    assert!(crate::check(&with("{{ a | no_such_filter }}")).is_err());
}
