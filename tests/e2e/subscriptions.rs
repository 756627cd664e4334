//! Filters of the interrupting channels.

use anyhow::Result;
use carillon_tests::Tenant;
use reqwest::Method;
use serde_json::{Value, json};

fn path(channel: &str) -> String {
    format!("/api/notifications/subscriptions/{channel}")
}

fn subscription(enabled: bool, url: Option<&str>) -> Value {
    json!({"enabled": enabled, "priorities": [], "include_tags": [], "exclude_tags": [], "url": url})
}

#[tokio::test]
async fn every_interrupting_channel_has_one() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    for (channel, enabled) in
        [("push", true), ("email", true), ("sms", true), ("webhook", false), ("slack", false)]
    {
        assert_eq!(ann.get(&path(channel)).await?.ok()?, subscription(enabled, None), "{channel}");
    }
    for channel in ["in_app", "fax", "PUSH"] {
        ann.get(&path(channel)).await?.problem(404, "not_found")?;
        ann.put(&path(channel), &json!({})).await?.problem(404, "not_found")?;
    }
    tenant.anonymous().get(&path("push")).await?.problem(401, "unauthenticated")?;
    Ok(())
}

#[tokio::test]
async fn a_put_replaces_it() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, bob) = (tenant.user("ann")?, tenant.user("bob")?);
    let filter = json!({
        "priorities": ["urgent", "warning"], "include_tags": ["exec:42", "failed"], "exclude_tags": ["test"],
    });
    let mut expected = subscription(true, None);
    expected["priorities"] = json!(["high", "critical"]);
    expected["include_tags"] = json!(["exec:42", "failed"]);
    expected["exclude_tags"] = json!(["test"]);
    assert_eq!(ann.put(&path("email"), &filter).await?.ok()?, expected);
    assert_eq!(ann.get(&path("email")).await?.ok()?, expected);
    assert_eq!(bob.get(&path("email")).await?.ok()?, subscription(true, None));
    assert_eq!(ann.put(&path("email"), &json!({"enabled": false})).await?.ok()?, subscription(false, None));

    for (channel, url) in [
        ("webhook", "https://hooks.example.com:8443/in?x=1"),
        ("slack", "https://hooks.slack.com/services/T000/B000/XXXX"),
    ] {
        let answer = ann.put(&path(channel), &json!({"enabled": true, "url": url})).await?.ok()?;
        assert_eq!(answer, subscription(true, Some(url)));
        assert_eq!(ann.get(&path(channel)).await?.ok()?, subscription(true, Some(url)));
        let off = ann.put(&path(channel), &json!({"enabled": false})).await?.ok()?;
        assert_eq!(off, subscription(false, None));
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_put_names_its_field_and_changes_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let before = ann.put(&path("webhook"), &json!({"url": "https://example.com/hook"})).await?.ok()?;
    let url = |url: &str| json!({"enabled": true, "url": url});
    let cases = [
        ("webhook", json!({"enabled": true}), "url"),
        ("webhook", json!({}), "url"),
        ("webhook", url("http://example.com/hook"), "url"),
        ("webhook", url("https://user:secret@example.com/hook"), "url"),
        ("webhook", url("/hook"), "url"),
        ("webhook", url(&format!("https://example.com/{}", "x".repeat(2_048))), "url"),
        ("slack", json!({"enabled": true}), "url"),
        ("slack", url("https://example.com/services/T000"), "url"),
        ("slack", url("https://hooks.slack.com.example.com/services/T000"), "url"),
        ("push", url("https://example.com/hook"), "url"),
        ("webhook", json!({"url": "https://example.com", "priorities": ["loud"]}), "priorities[0]"),
        ("email", json!({"include_tags": "failed"}), "include_tags"),
        ("email", json!({"exclude_tags": ["x".repeat(129)]}), "exclude_tags[0]"),
        (
            "email",
            json!({"include_tags": (0..33).map(|n| json!(n.to_string())).collect::<Value>()}),
            "include_tags",
        ),
        ("email", json!({"enabled": "yes"}), "enabled"),
        ("email", json!({"colour": "red"}), "colour"),
    ];
    for (channel, body, field) in cases {
        let answer = ann.put(&path(channel), &body).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{channel} {}", answer.body);
    }
    let raw = ann.request(Method::PUT, &path("push")).header("content-type", "application/json").body("{");
    ann.send(raw).await?.problem(400, "malformed_json")?;
    assert_eq!(ann.get(&path("webhook")).await?.ok()?, before);
    assert_eq!(ann.get(&path("email")).await?.ok()?, subscription(true, None));
    Ok(())
}
