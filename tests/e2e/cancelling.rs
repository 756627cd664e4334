//! Taking back what has not gone out everywhere yet.

use anyhow::Result;
use carillon_tests::Tenant;
use serde_json::json;

use crate::returns::held;

#[tokio::test]
async fn a_channel_that_waits_is_cancelled_and_the_inbox_stays() -> Result<()> {
    let held = held().await?;
    let path = format!("/v1/notifications/{}/cancel", held.id);
    held.tenant.producer_with("billing", |_| {})?.act(&path).await?.problem(404, "not_found")?;
    let cancelled = held.shop.act(&path).await?.ok()?;
    assert_eq!(
        (&cancelled["id"], &cancelled["status"], &cancelled["channels"]),
        (&json!(held.id), &json!("partly_cancelled"), &json!(["push"]))
    );
    assert_eq!(cancelled["deliveries"]["push"]["state"], "cancelled");
    let before = held.shop.delivery(&held.id, "push", "cancelled").await?;
    held.shop.delivery(&held.id, "in_app", "sent").await?;
    assert_eq!(held.ann.inbox().await?.len(), 1);

    assert!(held.comes_back().await?.is_empty());
    assert_eq!(held.shop.delivery(&held.id, "push", "cancelled").await?, before);
    held.shop.act(&path).await?.problem(409, "already_sent")?;
    Ok(())
}

#[tokio::test]
async fn of_several_channels_all_that_wait_are_cancelled() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let (_ann, _) = crate::quiet::asleep(&tenant, "ann").await?;
    let recipient = json!({"user_id": "ann", "email": "ann@example.com"});
    let id = shop
        .create(&json!({"type": "booking_confirmed", "recipient": recipient, "title": "Sea view"}))
        .await?;
    for channel in ["push", "email"] {
        shop.delivery(&id, channel, "deferred: quiet_hours").await?;
    }
    let admin = tenant.admin()?;
    let cancelled = admin.act(&format!("/v1/notifications/{id}/cancel")).await?.ok()?;
    assert_eq!(cancelled["channels"], json!(["push", "email"]));
    assert!(tenant.jobs().all("email").await?.is_empty());
    Ok(())
}
