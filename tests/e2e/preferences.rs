//! What users want: the document, its merge, and what is refused.

use std::collections::HashMap;

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{Tenant, User, text};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/notifications/preferences";

async fn preferences(user: &User) -> Result<Value> {
    user.get(PATH).await?.ok()
}

async fn put(user: &User, body: &Value) -> Result<Value> {
    user.put(PATH, body).await?.ok()
}

async fn silence(user: &User, action: &str, what: &str, value: &str) -> Result<Value> {
    user.post(&format!("{PATH}/{action}"), &json!({"type": what, "value": value})).await?.ok()
}

fn empty() -> Value {
    json!({
        "channels": {}, "types": {}, "opt_in": {}, "silenced_senders": [], "silenced_folders": [], "timezone": null,
        "quiet_hours": null, "digest": null,
    })
}

/// The empty document with these members.
fn with(members: &Value) -> Value {
    let mut document = empty();
    for (name, value) in members.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document
}

#[tokio::test]
async fn a_put_merges_into_the_document() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    assert_eq!(preferences(&ann).await?, empty());
    let said = json!({
        "channels": {"push": true, "email": false},
        "types": {"new_message": {"enabled": true, "push_enabled": false}},
        "opt_in": {"promotions": false},
        "timezone": "Europe/Zurich",
        "quiet_hours": {"enabled": true, "start": "22:00", "end": "08:00"},
        "digest": {"frequency": "weekly", "time": "09:00", "timezone": "America/New_York", "weekday": 7},
        "silenced_folders": ["[Gmail]/Promotions"],
    });
    assert_eq!(put(&ann, &said).await?, with(&said));
    assert_eq!(preferences(&ann).await?, with(&said));

    let more = json!({
        "channels": {"email": null, "sms": true}, "types": {"chat_message": {"in_app_enabled": false}}, "opt_in": null,
        "quiet_hours": {"enabled": false}, "digest": {"frequency": "off"},
    });
    let mut merged = with(&said);
    merged["channels"] = json!({"push": true, "sms": true});
    merged["types"]["chat_message"] = json!({"in_app_enabled": false});
    merged["opt_in"] = json!({});
    merged["quiet_hours"]["enabled"] = json!(false);
    merged["digest"]["frequency"] = json!("off");
    assert_eq!(put(&ann, &more).await?, merged);
    // The document that was read can be put back as it is.
    assert_eq!(put(&ann, &merged).await?, merged);
    assert_eq!(preferences(&ann).await?, merged);
    Ok(())
}

#[tokio::test]
async fn the_mailbox_apps_flat_names_and_one_type_at_a_time() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let flat = json!({
        "notifyNewMessage": true, "notifySyncComplete": false, "notifyError": false, "digestFrequency": "weekly",
        "digestTime": "09:00", "digestTimezone": "America/Los_Angeles", "channels": ["in_app", "email", "push"],
        "quietHoursEnabled": true, "quietHoursStart": "22:00", "quietHoursEnd": "08:00",
        "silencedSenders": ["spam@example.com"], "pushEnabled": true,
    });
    let snake = json!({
        "notify_new_message": true, "notify_sync_complete": false, "notify_error": false, "digest_frequency": "weekly",
        "digest_time": "09:00", "digest_timezone": "America/Los_Angeles", "channels": ["in_app", "email", "push"],
        "quiet_hours_enabled": true, "quiet_hours_start": "22:00", "quiet_hours_end": "08:00",
        "silenced_senders": ["spam@example.com"], "push_enabled": true,
    });
    let expected = with(&json!({
        "channels": {"push": true, "email": true, "sms": false, "webhook": false, "slack": false},
        "types": {
            "new_message": {"enabled": true}, "sync_complete": {"enabled": false},
            "error_occurred": {"enabled": false},
        },
        "digest": {"frequency": "weekly", "time": "09:00", "timezone": "America/Los_Angeles"},
        "quiet_hours": {"enabled": true, "start": "22:00", "end": "08:00"},
        "silenced_senders": ["spam@example.com"],
    }));
    let (ann, bob) = (tenant.user("ann")?, tenant.user("bob")?);
    assert_eq!(put(&ann, &flat).await?, expected);
    assert_eq!(put(&bob, &snake).await?, expected);

    let one = json!({"type": "new_message", "in_app_enabled": true, "push_enabled": false});
    let changed = put(&ann, &one).await?;
    assert_eq!(
        changed["types"]["new_message"],
        json!({"enabled": true, "in_app_enabled": true, "push_enabled": false})
    );
    assert_eq!((&changed["digest"], &changed["channels"]), (&expected["digest"], &expected["channels"]));
    Ok(())
}

#[tokio::test]
async fn a_refused_put_names_its_field_and_changes_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let before = put(&ann, &json!({"timezone": "UTC", "channels": {"push": false}})).await?;
    let cases = [
        (json!({"types": {"foo": {"enabled": false}}}), "types.foo"),
        (json!({"notifyFoo": true}), "notifyFoo"),
        (json!({"type": "foo", "push_enabled": false}), "type"),
        (json!({"timezone": "Mars/Olympus"}), "timezone"),
        (json!({"quiet_hours": {"start": "25:00", "end": "08:00"}}), "quiet_hours.start"),
        (json!({"quiet_hours": {"enabled": true}}), "quiet_hours.start"),
        (json!({"quietHoursEnd": "8"}), "quietHoursEnd"),
        (json!({"channels": {"fax": true}}), "channels.fax"),
        (json!({"channels": ["push", "fax"]}), "channels[1]"),
        (json!({"channels": {"in_app": false}}), "channels.in_app"),
        (json!({"channels": {"push": "yes"}}), "channels.push"),
        (json!({"digest": {"frequency": "hourly"}}), "digest.frequency"),
        (json!({"digest": {"frequency": "daily", "timezone": "Nowhere"}}), "digest.timezone"),
        (json!({"opt_in": {"A b": true}}), "opt_in.A b"),
        (json!({"silenced_senders": [""]}), "silenced_senders[0]"),
        (json!({"colour": "red", "timezone": "Europe/Zurich"}), "colour"),
    ];
    for (body, field) in cases {
        let answer = ann.put(PATH, &body).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{}", answer.body);
    }
    let nearest = ann.put(PATH, &json!({"types": {"new_mesage": {}}})).await?;
    assert!(text(&nearest.body, "detail")?.contains("new_message"), "{}", nearest.body);
    assert_eq!(ann.put(PATH, &json!([])).await?.problem(422, "invalid_request")?, None);
    let raw = |kind: &'static str, body: &'static str| {
        ann.send(ann.request(Method::PUT, PATH).header("content-type", kind).body(body))
    };
    raw("application/json", "{").await?.problem(400, "malformed_json")?;
    raw("text/plain", "{}").await?.problem(415, "unsupported_media_type")?;
    assert_eq!(preferences(&ann).await?, before);
    tenant.anonymous().get(PATH).await?.problem(401, "unauthenticated")?;
    Ok(())
}

#[tokio::test]
async fn senders_and_folders_are_silenced_once_and_unsilenced() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    for _ in 0..2 {
        silence(&ann, "silence", "sender", "spam@example.com").await?;
        let document = silence(&ann, "silence", "folder", "[Gmail]/Promotions").await?;
        assert_eq!(document["silenced_senders"], json!(["spam@example.com"]));
        assert_eq!(document["silenced_folders"], json!(["[Gmail]/Promotions"]));
    }
    for _ in 0..2 {
        let document = silence(&ann, "unsilence", "sender", "spam@example.com").await?;
        assert_eq!(document["silenced_senders"], json!([]));
    }
    assert_eq!(preferences(&ann).await?, with(&json!({"silenced_folders": ["[Gmail]/Promotions"]})));
    let cases = [
        (json!({"type": "subject", "value": "x"}), "type"),
        (json!({"type": "sender"}), "value"),
        (json!({"type": "sender", "value": " "}), "value"),
        (json!({"type": "folder", "value": "x".repeat(321)}), "value"),
    ];
    for (body, field) in cases {
        for action in ["silence", "unsilence"] {
            let answer = ann.post(&format!("{PATH}/{action}"), &body).await?;
            assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{}", answer.body);
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_account_user_and_tenant_has_a_document_of_its_own() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let account = |name: &'static str| tenant.user_with("ann", |claims| claims["account"] = json!(name));
    let (whole, work, home) = (tenant.user("ann")?, account("work")?, account("home")?);
    let (bob, namesake) = (tenant.user("bob")?, other.user("ann")?);
    put(&work, &json!({"timezone": "Europe/Zurich"})).await?;
    silence(&work, "silence", "sender", "boss@example.com").await?;
    for user in [&whole, &home, &bob, &namesake] {
        assert_eq!(preferences(user).await?, empty());
    }
    put(&whole, &json!({"timezone": "UTC"})).await?;
    let expected = with(&json!({"timezone": "Europe/Zurich", "silenced_senders": ["boss@example.com"]}));
    assert_eq!(preferences(&work).await?, expected);
    assert_eq!(preferences(&home).await?, empty());
    Ok(())
}

#[tokio::test]
async fn a_tenants_own_types_are_known() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let document = json!({"category": "system", "priority": "low", "channels": ["in_app", "push"]});
    let row = [("pk", tenant.id.clone()), ("sk", "type#lunch_served".into()), ("text", document.to_string())];
    let row: HashMap<_, _> =
        row.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).collect();
    tenant.aws.put("Catalog", row).await?;
    let body = json!({"types": {"lunch_served": {"push_enabled": false}}});
    assert_eq!(put(&tenant.user("ann")?, &body).await?, with(&body));
    let answer = other.user("ann")?.put(PATH, &body).await?;
    assert_eq!(answer.problem(422, "invalid_request")?, Some("types.lunch_served"));
    Ok(())
}

#[tokio::test]
async fn changes_at_the_same_time_all_hold() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let bodies = [
        json!({"timezone": "UTC"}),
        json!({"channels": {"push": false}}),
        json!({"notify_new_message": false}),
        json!({"opt_in": {"promotions": false}}),
    ];
    futures::future::try_join_all(bodies.iter().map(|body| put(&ann, body))).await?;
    let expected = with(&json!({
        "timezone": "UTC", "channels": {"push": false}, "types": {"new_message": {"enabled": false}},
        "opt_in": {"promotions": false},
    }));
    assert_eq!(preferences(&ann).await?, expected);
    Ok(())
}
