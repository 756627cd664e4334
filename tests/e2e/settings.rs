//! The settings documents of existing apps: given back exactly as they were put.

use std::collections::HashMap;

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{Tenant, User};
use reqwest::Method;
use serde_json::json;

const PATH: &str = "/api/notifications/settings";

async fn text(user: &User) -> Result<String> {
    let response = user.request(Method::GET, PATH).send().await?.error_for_status()?;
    assert_eq!(response.headers()["content-type"], "application/json");
    Ok(response.text().await?)
}

async fn put(user: &User, document: &str) -> Result<String> {
    let request = user.request(Method::PUT, PATH).header("content-type", "application/json");
    Ok(request.body(document.to_owned()).send().await?.error_for_status()?.text().await?)
}

#[tokio::test]
async fn a_document_is_kept_byte_for_byte() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    assert_eq!(text(&ann).await?, "{}");
    let documents = [
        r#"{"push_notifications":true, "push":false,"email":null,"sms":"whatever","theme":{"z":1.0,"a":1e2}}"#,
        r#"{"push":true,"email":false,"frequency":"daily","quietHours":{"start":"22:00","end":"07:00"},
            "categories":{"bookings":true,"promotions":false,"reminders":true,"community":null}}"#,
        r#"{ "digest" : false, "categories" : {"digest":true}, "unknown\u00e9" : [1,2,{"x":null}] }"#,
        "{}",
    ];
    for document in documents {
        assert_eq!(put(&ann, document).await?, document);
        assert_eq!(text(&ann).await?, document);
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_put_names_its_key_and_changes_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let before = r#"{"push":false}"#;
    put(&ann, before).await?;
    let cases = [
        (json!({"push_notifications": "yes"}), "push_notifications"),
        (json!({"push": 1}), "push"),
        (json!({"email_notifications": "true"}), "email_notifications"),
        (json!({"email": []}), "email"),
        (json!({"sms_notifications": 0}), "sms_notifications"),
        (json!({"promotional_emails": "no"}), "promotional_emails"),
        (json!({"promotional_push": {}}), "promotional_push"),
        (json!({"promotions": "no"}), "promotions"),
        (json!({"digest": "weekly"}), "digest"),
        (json!({"onboarding": 1}), "onboarding"),
        (json!({"categories": ["promotions"]}), "categories"),
        (json!({"categories": {"promotions": "off"}}), "categories.promotions"),
        (json!({"quietHours": {"start": "25:00", "end": "07:00"}}), "quietHours.start"),
        (json!({"frequency": "hourly"}), "frequency"),
    ];
    for (document, key) in cases {
        let answer = ann.put(PATH, &document).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(key), "{}", answer.body);
    }
    for document in [json!([]), json!(null), json!({"x": "x".repeat(16_384)})] {
        assert_eq!(ann.put(PATH, &document).await?.problem(422, "invalid_request")?, None);
    }
    let raw = |kind: &'static str, body: &'static str| {
        ann.send(ann.request(Method::PUT, PATH).header("content-type", kind).body(body))
    };
    raw("application/json", "{").await?.problem(400, "malformed_json")?;
    raw("application/json", "").await?.problem(400, "malformed_json")?;
    raw("text/plain", "{}").await?.problem(415, "unsupported_media_type")?;
    assert_eq!(text(&ann).await?, before);
    tenant.anonymous().get(PATH).await?.problem(401, "unauthenticated")?;
    Ok(())
}

#[tokio::test]
async fn every_account_user_and_tenant_has_a_document_of_its_own() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let account = |name: &'static str| tenant.user_with("ann", |claims| claims["account"] = json!(name));
    let (whole, work, home) = (tenant.user("ann")?, account("work")?, account("home")?);
    put(&work, r#"{"push":false}"#).await?;
    for user in [&whole, &home, &tenant.user("bob")?, &other.user("ann")?] {
        assert_eq!(text(user).await?, "{}");
    }
    put(&whole, r#"{"push":true}"#).await?;
    assert_eq!(text(&work).await?, r#"{"push":false}"#);
    Ok(())
}

#[tokio::test]
async fn the_consents_of_a_tenants_own_types_are_checked() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let document = json!({
        "category": "marketing", "priority": "low", "channels": ["in_app", "push"], "opt_in_key": "lunch",
        "frequency_cap": {"per_day": 1},
    });
    let row = [("pk", tenant.id.clone()), ("sk", "type#lunch_offer".into()), ("text", document.to_string())];
    let row: HashMap<_, _> =
        row.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).collect();
    tenant.aws.put("Catalog", row).await?;
    let document = json!({"lunch": "maybe"});
    let answer = tenant.user("ann")?.put(PATH, &document).await?;
    assert_eq!(answer.problem(422, "invalid_request")?, Some("lunch"));
    // Elsewhere it is a key like any other.
    other.user("ann")?.put(PATH, &document).await?.ok()?;
    Ok(())
}
