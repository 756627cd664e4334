//! Why a channel does not go out: what recipients want, and what they have.

use anyhow::{Context as _, Result};
use carillon_tests::{Tenant, User};
use reqwest::Method;
use serde_json::{Value, json};

/// Posts to each of these users, who have a phone and an address, and compares what became of channels.
async fn decides(tenant: &Tenant, kind: &str, table: &[(&str, &[(&str, &str)])]) -> Result<()> {
    let shop = tenant.producer()?;
    let recipients: Vec<Value> = table
        .iter()
        .map(|(user, _)| json!({"user_id": user, "email": format!("{user}@example.com")}))
        .collect();
    let body = json!({"type": kind, "recipients": recipients, "title": "x"});
    let posted = shop.post("/v1/notifications", &body).await?.ok()?;
    for (id, (user, outcomes)) in posted["ids"].as_array().context("no ids")?.iter().zip(table) {
        for (channel, outcome) in *outcomes {
            let delivery = shop.delivery(id.as_str().unwrap_or_default(), channel, outcome).await;
            delivery.with_context(|| format!("{kind} to {user}"))?;
        }
    }
    Ok(())
}

/// Users with a phone each.
async fn users<const N: usize>(tenant: &Tenant, names: [&str; N]) -> Result<[User; N]> {
    let mut users = Vec::new();
    for name in names {
        let user = tenant.user(name)?;
        user.register(&format!("phone-{name}")).await?;
        users.push(user);
    }
    users.try_into().ok().context("as many users as names")
}

async fn settings(user: &User, document: &Value) -> Result<()> {
    let request = user.request(Method::PUT, "/api/notifications/settings");
    user.send(request.json(document)).await?.ok().map(drop)
}

#[tokio::test]
async fn switches_are_the_preferences_and_an_existing_apps_settings() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let [_, own, theirs, both, kind, _] =
        users(&tenant, ["ann", "own", "theirs", "both", "kind", "filtered"]).await?;
    own.prefer(&json!({"channels": {"push": false}})).await?;
    settings(&theirs, &json!({"push_notifications": false, "push": true, "email": false})).await?;
    both.prefer(&json!({"channels": {"push": true}})).await?;
    settings(&both, &json!({"push": false})).await?;
    kind.prefer(&json!({"types": {"booking_confirmed": {"email_enabled": false}}})).await?;
    tenant.user("filtered")?.subscribe("push", &json!({"priorities": ["critical"]})).await?;
    let (off, yes) = ("skipped: channel_disabled", "sent");
    decides(
        &tenant,
        "booking_confirmed",
        &[
            ("ann", &[("in_app", "sent"), ("push", "sent"), ("email", yes)]),
            ("own", &[("in_app", "sent"), ("push", off), ("email", yes)]),
            ("theirs", &[("in_app", "sent"), ("push", off), ("email", off)]),
            ("both", &[("push", off), ("email", yes)]),
            ("kind", &[("push", "sent"), ("email", "skipped: channel_disabled_for_type")]),
            ("filtered", &[("push", "skipped: priority_filtered"), ("email", yes)]),
        ],
    )
    .await
}

#[tokio::test]
async fn marketing_needs_consent() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let [_, own, theirs, emails, other] = users(&tenant, ["ann", "own", "theirs", "emails", "other"]).await?;
    own.prefer(&json!({"opt_in": {"promotions": false}})).await?;
    settings(&theirs, &json!({"categories": {"promotions": false}})).await?;
    settings(&emails, &json!({"promotional_emails": false})).await?;
    settings(&other, &json!({"categories": {"digest": false}})).await?;
    let (no, yes) = ("skipped: no_consent", "sent");
    decides(
        &tenant,
        "promotion_generic",
        &[
            ("ann", &[("push", "sent"), ("email", yes)]),
            ("own", &[("in_app", "sent"), ("push", no), ("email", no)]),
            ("theirs", &[("in_app", "sent"), ("push", no), ("email", no)]),
            ("emails", &[("push", "sent"), ("email", no)]),
            ("other", &[("push", "sent"), ("email", yes)]),
        ],
    )
    .await?;
    decides(&tenant, "booking_confirmed", &[("own", &[("push", "sent"), ("email", yes)])]).await
}

#[tokio::test]
async fn an_address_that_bounced_gets_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    tenant.admin()?.put("/v1/recipients/ann", &json!({"phone": "+41441234567"})).await?.ok()?;
    for address in ["ann@example.com", "+41441234567"] {
        let suppressed = json!({"address": address, "reason": "manual"});
        tenant.admin()?.post("/v1/suppressions", &suppressed).await?.ok()?;
    }
    let [ann] = users(&tenant, ["ann"]).await?;
    ann.prefer(&json!({"channels": {"sms": true}})).await?;
    let gone = "skipped: suppressed";
    decides(&tenant, "security_alert", &[("ann", &[("push", "sent"), ("email", gone), ("sms", gone)])]).await
}

#[tokio::test]
async fn one_account_may_want_what_the_others_do_not() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let [_ann] = users(&tenant, ["ann"]).await?;
    let work = tenant.user_with("ann", |claims| claims["account"] = json!("work"))?;
    work.prefer(&json!({"channels": {"push": false}})).await?;
    for (account, outcome) in
        [(json!("work"), "skipped: channel_disabled"), (json!("home"), "sent"), (Value::Null, "sent")]
    {
        let body = json!({"type": "chat_message", "recipient": {"user_id": "ann", "account_id": account}, "title": "x"});
        let id = shop.create(&body).await?;
        shop.delivery(&id, "push", outcome).await.with_context(|| format!("account {account}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_request_may_narrow_the_channels_of_the_type() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let [_ann] = users(&tenant, ["ann"]).await?;
    let body =
        json!({"type": "chat_message", "recipient": "ann", "title": "x", "channels": ["in_app", "sms"]});
    let id = shop.create(&body).await?;
    shop.delivery(&id, "push", "skipped: not_requested").await?;
    let trace = shop.trace(&id).await?;
    assert_eq!(trace["deliveries"]["sms"], Value::Null, "never widened: {trace}");
    assert!(tenant.jobs().all("push").await?.is_empty());
    Ok(())
}
