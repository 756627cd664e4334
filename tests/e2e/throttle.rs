//! The throttle: how many of one priority may interrupt a recipient within the window.

use anyhow::Result;
use carillon_tests::{Producer, Tenant, User};
use serde_json::{Value, json};

use crate::limits::{outcomes, sorted};

fn failure() -> Value {
    json!({"type": "execution_failed", "recipient": "ann", "title": "exit code 1"})
}

/// Somebody who is told of executions by webhook, and lets three through.
async fn throttled(mode: &str) -> Result<(Tenant, User, Producer)> {
    let tenant = Tenant::fresh()?;
    let settings = json!({"throttle": {"limit": 3, "window_seconds": 3600, "mode": mode}});
    tenant.admin()?.put("/v1/settings", &settings).await?.ok()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.subscribe("webhook", &json!({"url": "https://hooks.example.com/in"})).await?;
    Ok((tenant, ann, shop))
}

#[tokio::test]
async fn of_ten_at_once_three_interrupt_and_all_are_stored() -> Result<()> {
    let (tenant, ann, shop) = throttled("mute").await?;
    let ids = shop.create_many(10, &failure()).await?;
    ann.inbox_of(10).await?;
    let outcomes = outcomes(&shop, &ids, "webhook").await?;
    let counts: Vec<(&str, usize)> = outcomes.iter().map(|(what, ids)| (what.as_str(), ids.len())).collect();
    assert_eq!(counts, [("pending", 3), ("skipped: throttled", 7)]);
    let mut pending = outcomes["pending"].clone();
    pending.sort();
    tenant.jobs().wait("webhook", 3).await?;
    assert_eq!(sorted(tenant.jobs().all("webhook").await?), pending);
    Ok(())
}

#[tokio::test]
async fn where_it_rejects_three_of_ten_are_stored_and_the_others_say_why_not() -> Result<()> {
    let (tenant, ann, shop) = throttled("reject").await?;
    let ids = shop.create_many(10, &failure()).await?;
    let outcomes = outcomes(&shop, &ids, "in_app").await?;
    let counts: Vec<(&str, usize)> = outcomes.iter().map(|(what, ids)| (what.as_str(), ids.len())).collect();
    assert_eq!(counts, [("sent", 3), ("skipped: throttled", 7)]);
    for id in &outcomes["skipped: throttled"] {
        for channel in ["webhook", "slack"] {
            shop.delivery(id, channel, "skipped: throttled").await?;
        }
    }
    let mut stored: Vec<String> = carillon_tests::ids(&ann.inbox_of(3).await?)?;
    stored.sort();
    let mut sent = outcomes["sent"].clone();
    sent.sort();
    assert_eq!(stored, sent);
    tenant.jobs().wait("webhook", 3).await?;
    assert_eq!(sorted(tenant.jobs().all("webhook").await?), sent);
    Ok(())
}

#[tokio::test]
async fn every_priority_has_a_window_of_its_own_and_critical_passes() -> Result<()> {
    let (_tenant, ann, shop) = throttled("mute").await?;
    let post = async |priority: &str, outcome: &str| -> Result<()> {
        let mut body = failure();
        body["priority"] = json!(priority);
        let id = shop.create(&body).await?;
        shop.delivery(&id, "webhook", outcome).await.map(drop)
    };
    for _ in 0..3 {
        post("high", "pending").await?;
    }
    post("high", "skipped: throttled").await?;
    post("low", "pending").await?;
    for _ in 0..4 {
        post("critical", "pending").await?;
    }
    ann.inbox_of(9).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_type_is_exempt_from_does_not_count() -> Result<()> {
    let (_tenant, ann, shop) = throttled("reject").await?;
    for _ in 0..5 {
        shop.notify(&ann, "chat").await?;
    }
    ann.inbox_of(5).await?;
    let id = shop.create(&failure()).await?;
    shop.delivery(&id, "webhook", "pending").await?;
    Ok(())
}
