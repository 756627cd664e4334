//! Push for those who are offline.

use anyhow::Result;
use carillon_tests::{Job, Tenant, ids};
use serde_json::json;

fn of(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

#[tokio::test]
async fn whoever_is_offline_gets_a_push() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    let id = shop.notify(&ann, "hello").await?;
    tenant.jobs().wait("push", 1).await?;
    let jobs = tenant.jobs().all("push").await?;
    assert_eq!(of(&jobs), [id.as_str()]);
    assert_eq!(jobs[0].recipient["address"]["devices"][0]["token"], "phone");
    shop.delivery(&id, "push", "sent").await?;
    Ok(())
}

#[tokio::test]
async fn whoever_has_it_on_a_screen_does_not() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    let mut tab = ann.connect().await?;
    let id = shop.notify(&ann, "hello").await?;
    assert_eq!(tab.expect("notification").await?["id"], json!(id));
    shop.delivery(&id, "push", "skipped: online_fallforward").await?;
    assert!(tenant.jobs().all("push").await?.is_empty());

    // A tab that was closed takes nothing.
    tab.close();
    tenant.connections("ann", 0).await?;
    let second = shop.notify(&ann, "are you there?").await?;
    assert_eq!(of(&tenant.jobs().wait("push", 1).await?), [second.as_str()]);
    Ok(())
}

#[tokio::test]
async fn of_many_recipients_the_offline_ones_get_a_push() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    for user in ["ann", "bob", "eve"] {
        tenant.user(user)?.register(user).await?;
    }
    let mut tab = tenant.user("bob")?.connect().await?;
    // Zoe has no device.
    let body = json!({"type": "invoice_overdue", "recipients": ["ann", "bob", "eve", "zoe"], "title": "May"});
    let answer = shop.post("/v1/notifications", &body).await?.ok()?;
    tab.expect("notification").await?;
    let id = |index: usize| answer["ids"][index].as_str().unwrap_or_default();
    shop.delivery(id(1), "push", "skipped: online_fallforward").await?;
    shop.delivery(id(3), "push", "skipped: no_address").await?;
    tenant.jobs().wait("push", 2).await?;
    let jobs = tenant.jobs().all("push").await?;
    let mut pushed = of(&jobs);
    pushed.sort_unstable();
    let mut expected = [id(0), id(2)];
    expected.sort_unstable();
    assert_eq!(pushed, expected);
    Ok(())
}

#[tokio::test]
async fn a_type_that_is_kept_off_sockets_is_stored_and_pushed() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    ann.prefer(&json!({"types": {"chat_message": {"in_app_enabled": false}}})).await?;
    let mut tab = ann.connect().await?;
    let id = shop.notify(&ann, "quietly").await?;
    assert_eq!(of(&tenant.jobs().wait("push", 1).await?), [id.as_str()]);
    assert_eq!(ids(&ann.inbox().await?)?, [id.as_str()]);
    shop.delivery(&id, "in_app", "sent: channel_disabled_for_type").await?;
    // Another type's arrival tells that this one's would have come.
    let fence = shop.create(&json!({"type": "invoice_created", "recipient": "ann", "title": "May"})).await?;
    assert_eq!(tab.expect("notification").await?["id"], json!(fence));
    assert!(tab.all("notification").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_must_not_be_missed_is_pushed_beside_the_socket() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    let mut tab = ann.connect().await?;
    let id =
        shop.create(&json!({"type": "payment_received", "recipient": "ann", "title": "100 CHF"})).await?;
    assert_eq!(tab.expect("notification").await?["id"], json!(id));
    assert_eq!(of(&tenant.jobs().wait("push", 1).await?), [id.as_str()]);
    shop.delivery(&id, "push", "sent").await?;
    Ok(())
}
