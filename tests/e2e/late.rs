//! What was cancelled, decided against, or is newer than what a function remembers.

use anyhow::Result;
use carillon_tests::{Functions, PRODUCE, Tenant, failed, now, sqs_event};
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn a_type_that_dispatch_does_not_know_yet_is_looked_up() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (_, first) = functions.capture_one("ann", "it remembers the tenant's types from here on").await?;
    let dispatch = functions.function("dispatch").start().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&first])).await?).is_empty());
    let order = json!({"category": "transactional", "priority": "normal", "channels": ["in_app"]});
    tenant.admin()?.put("/v1/types/order_shipped", &order).await?.ok()?;
    let body = json!({"type": "order_shipped", "recipient": "bob", "title": "on its way"});
    for (_, message) in functions.capture(&[body]).await? {
        assert!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty());
    }
    assert_eq!(tenant.rows("Inbox", "bob").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_type_can_be_posted_as_soon_as_it_is_there() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    shop.notify(&ann, "what there is is remembered").await?;
    let order = json!({"category": "transactional", "priority": "normal", "channels": ["in_app"]});
    tenant.admin()?.put("/v1/types/order_shipped", &order).await?.ok()?;
    shop.create(&json!({"type": "order_shipped", "recipient": "ann", "title": "on its way"})).await?;
    ann.inbox_of(2).await?;
    Ok(())
}

#[tokio::test]
async fn what_was_cancelled_counts_for_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    let offer = |seconds: i64| -> Result<_> {
        let at = now().checked_add(SignedDuration::from_secs(seconds))?;
        Ok(
            json!({"type": "discount_offer", "recipient": "ann", "title": "x", "scheduled_for": at.to_string()}),
        )
    };
    let typo = shop.create(&offer(2)?).await?;
    let right = shop.create(&offer(4)?).await?;
    shop.post(&format!("/v1/notifications/{typo}/cancel"), &json!({})).await?.ok()?;
    // One a day: were the first counted, this would be one too many.
    shop.delivery(&right, "push", "sent").await?;
    assert_eq!(ann.inbox().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_was_decided_against_cannot_be_cancelled_and_keeps_its_trace() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let id = shop.create(&json!({"type": "system_maintenance", "recipient": "ann", "title": "x"})).await?;
    assert_eq!(shop.trace(&id).await?["deliveries"]["in_app"]["reason"], "not_opted_in");
    let refused = shop.post(&format!("/v1/notifications/{id}/cancel"), &json!({})).await?;
    refused.problem(409, "already_sent")?;
    assert_eq!(shop.trace(&id).await?["deliveries"]["in_app"]["reason"], "not_opted_in");
    let stranger = tenant.producer_with("other", |claims| claims["aud"] = json!(PRODUCE))?;
    stranger.post(&format!("/v1/notifications/{id}/cancel"), &json!({})).await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn anothers_cancellation_withdraws_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let at = now().checked_add(SignedDuration::from_secs(3))?;
    let body =
        json!({"type": "chat_message", "recipient": "ann", "title": "x", "scheduled_for": at.to_string()});
    let id = shop.create(&body).await?;
    let stranger = tenant.producer_with("other", |_| ())?;
    stranger.post(&format!("/v1/notifications/{id}/cancel"), &json!({})).await?.ok()?;
    assert_eq!(ann.inbox_of(1).await?[0]["id"], json!(id));
    Ok(())
}

#[tokio::test]
async fn a_token_of_one_account_reaches_that_account_only() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let work = tenant.user_with("ann", |claims| claims["account"] = json!("work"))?;
    work.subscribe("webhook", &json!({"url": "https://work.example.com/"})).await?;
    work.register("of-work").await?;
    assert_eq!(ann.get("/api/notifications/subscriptions/webhook").await?.ok()?["enabled"], false);
    let post = |account: &str| {
        let kind = "execution_failed";
        json!({"type": kind, "recipient": {"user_id": "ann", "account_id": account}, "title": "x"})
    };
    let (of_work, of_home) = (shop.create(&post("work")).await?, shop.create(&post("home")).await?);
    shop.delivery(&of_work, "webhook", "pending").await?;
    assert_eq!(shop.delivery(&of_home, "webhook", "skipped").await?["reason"], "no_address");
    ann.register("of-all").await?;
    let seen = work.get("/api/push/devices").await?.ok()?;
    assert_eq!(seen["data"].as_array().map(Vec::len), Some(1));
    let all = ann.get("/api/push/devices").await?.ok()?;
    assert_eq!(all["data"].as_array().map(Vec::len), Some(2));
    Ok(())
}
