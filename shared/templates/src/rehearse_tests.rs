use carillon_domain::{CreateNotification, Millis, Registry, TenantId, Texts, Ulid, Wording};
use serde_json::{Value, json};

use super::*;
use crate::{Wanted, fill};

fn with(document: &Value) -> NotificationType {
    let registry = Registry::shipped().unwrap();
    registry.overridden("promotion_generic", document.to_string().as_bytes()).unwrap()
}

fn tried(entry: &NotificationType, request: &Value, settings: Value) -> Result<Texts, FieldError> {
    let mut request = request.clone();
    request["type"] = json!(entry.key);
    request["recipient"] = json!("ann");
    let request = CreateNotification::parse(request.to_string().as_bytes()).unwrap();
    let mut channels = request.channels(entry);
    let (title, body, collapse_key) = request.left_out();
    let texts = fill(entry, &request.variables(), Wanted { title, body, collapse_key }, &channels)?;
    channels.retain(|channel| !texts.unmet.contains(channel));
    let accepted = request.accept(entry, texts.clone(), Millis(0)).unwrap();
    let tenant = TenantId::parse("acme").unwrap();
    let about = About {
        notification_id: "ntf_1",
        account: None,
        locale: None,
        tenant: &tenant,
        settings: &serde_json::from_value(settings).unwrap(),
        unsubscribe_url: None,
    };
    rehearse(entry, &accepted.content(Ulid::nil()), &texts.wordings, &channels, &about).map(|()| texts)
}

#[test]
fn every_shipped_type_says_its_sample_in_every_language() {
    let registry = Registry::shipped().unwrap();
    let brand = json!({"brand": {"name": "Acme", "app_url": "https://acme.example"}});
    for entry in registry.types() {
        crate::check(entry).unwrap();
        let sample = entry.sample.as_ref().unwrap();
        for settings in [json!({}), brand.clone()] {
            let texts = tried(entry, sample, settings).unwrap();
            let title = sample["title"].as_str().map(str::to_owned).or(texts.title).unwrap();
            assert!(title.chars().any(char::is_alphanumeric), "{}: {title}", entry.key);
        }
        // What was posted before there were texts for email and SMS has no more than this.
        let least = entry.templates.own(TextKind::Title).is_none().then(|| json!({"title": "T"}));
        least.map(|least| tried(entry, &least, json!({})).unwrap());
    }
}

#[test]
fn each_language_has_its_words() {
    let request = json!({"folder": "Inbox", "data": {"n": 1, "m": 0}});
    let registry = Registry::shipped().unwrap();
    let texts = tried(registry.get("sync_complete").unwrap(), &request, json!({})).unwrap();
    assert_eq!(texts.title.as_deref(), Some("Synced Inbox: 1 messages (0 new)"));
    let title = |locale| wording(&texts.wordings, Some(locale)).and_then(|words| words.title.clone());
    assert_eq!(title("de-CH").as_deref(), Some("Inbox abgeglichen: 1 Nachricht (0 neu)"));
    assert_eq!(title("fr"), None, "as the content has it");
}

#[test]
fn what_a_language_leaves_out_is_what_it_falls_back_to() {
    let entry = with(&json!({"templates": {
        "title": "T {{ x }}", "body": "B", "push": {"title": "P"},
        "locales": {
            "de": {"title": "DE {{ x }}", "push": {"body": "kurz"}}, "de-CH": {"body": "CH"}, "de-AT": {"sms": "AT"},
            "fr": {"title": "{{ '' }}"},
        },
    }}));
    let said = |request: Value| tried(&entry, &request, json!({})).unwrap().wordings;
    let words =
        |title: Option<&str>, body: Option<&str>, push_title: Option<&str>, push_body: Option<&str>| {
            let [title, body, push_title, push_body] =
                [title, body, push_title, push_body].map(|text| text.map(str::to_owned));
            Wording { title, body, push_title, push_body }
        };
    let all = said(json!({"data": {"x": 1}}));
    let expected = [
        ("", words(None, None, Some("P"), None)),
        ("de", words(Some("DE 1"), None, Some("P"), Some("kurz"))),
        ("de-CH", words(Some("DE 1"), Some("CH"), Some("P"), Some("kurz"))),
    ];
    assert_eq!(all, expected.map(|(tag, words)| (tag.to_owned(), words)).into(), "and no more than differs");
    let own = said(json!({"title": "own", "body": "own"}));
    assert_eq!(own, Wordings::new(), "the request goes before all templates");
    let own = said(json!({"title": "own"}));
    assert_eq!(own["de-CH"], words(None, Some("CH"), None, Some("kurz")));
    let own = said(json!({"data": {"x": 1}, "channels": ["email"]}));
    assert_eq!(own.keys().collect::<Vec<_>>(), ["de", "de-CH"], "nothing of push");
}

#[test]
fn what_any_channel_would_miss_in_any_language_is_named() {
    let entry = |path: &str, text: &str| {
        let place = path.split('.').rev().fold(json!(text), |inner, name| json!({name: inner}));
        with(
            &json!({"channels": ["in_app", "push", "email", "sms"], "conditions": {"sms": "not quiet"}, "templates": place}),
        )
    };
    let request = json!({"title": "T", "body": "B", "org_id": "o", "data": {"quiet": false, "n": "many"}});
    let field = |path: &str, text: &str, more: Value| {
        let mut request = request.clone();
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        tried(&entry(path, text), &request, json!({})).err().map(|error| error.field)
    };
    for path in ["email.subject", "email.preheader", "email.html", "email.text", "sms", "locales.de.sms"] {
        assert_eq!(field(path, "{{ code }}", json!({})).as_deref(), Some("data.code"), "{path}");
        let narrowed = field(path, "{{ code }}", json!({"channels": ["push"]}));
        assert_eq!(narrowed, None, "{path} is not asked for");
    }
    assert_eq!(
        field("sms", "{{ code }}", json!({"data": {"quiet": true}})),
        None,
        "nor what no condition lets out"
    );
    for (text, named) in [
        ("{{ title }} {{ body }} {{ brand.name }} {{ action_link or 'none' }} {{ notification_id }}", None),
        ("{{ account_id }}", Some("account_id")),
        ("{{ org_id }}", Some("data.org_id")),
        ("{{ sender.name }}", Some("sender.name")),
        ("{{ n | plural(one='#', other='# things') }}", None),
        ("{{ k | plural(one='#', other='# things') }}", Some("data.k")),
        ("{% if note is defined %}{{ note }}{% endif %}{{ n - 2 }}", Some("data")),
        ("{% if note is defined %}{{ note }}{% endif %}{{ k - 2 }}", Some("data.k")),
        ("{% set a = b %}{% if c is defined %}{{ c }}{% endif %}{{ a }}", Some("data.b")),
        ("{% for i in range(9999) %}{{ body * 30 }}{% endfor %}", Some("data")),
    ] {
        assert_eq!(field("sms", text, json!({})).as_deref(), named, "{text}");
    }
    assert_eq!(field("email.html", "{{ layout.link }}{{ layout.body_html | safe }}", json!({})), None);
}

#[test]
fn nothing_said_by_others_is_in_an_error() {
    let entry = with(&json!({"templates": {"sms": "{{ secret + 1 }}{{ secret | items }}"}}));
    let error = crate::text(&entry, TextKind::Sms, None, &json!({"secret": "hunter2"})).unwrap_err();
    assert!(!error.detail.contains("hunter2") && error.missing.is_none(), "{error}");
    assert_eq!(crate::text(&entry, TextKind::Subject, None, &json!({})), Ok(None));
    let missing = crate::text(&entry, TextKind::Sms, Some("de"), &json!({})).unwrap_err();
    assert_eq!(missing.missing.as_deref(), Some("secret"));
}
