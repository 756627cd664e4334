//! Frequency caps: how many of a type, or of a category, may interrupt a recipient.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{Functions, Job, Producer, Tenant, User, eventually, failed, midday, sqs_event};
use serde_json::{Value, json};

/// Of a promotion, two a day are allowed.
fn promotion(title: &str) -> Value {
    json!({"type": "promotion_generic", "recipient": "ann", "title": title})
}

/// Somebody with a phone whose day does not end during the test.
pub(crate) async fn ann(tenant: &Tenant) -> Result<User> {
    let ann = tenant.user("ann")?;
    ann.register("phone").await?;
    ann.prefer(&json!({"timezone": midday()})).await?;
    Ok(ann)
}

/// How many of these came to what, on one channel: `sent`, `skipped: frequency_cap`. Waits for what is being pushed.
pub(crate) async fn outcomes(
    shop: &Producer,
    ids: &[String],
    channel: &str,
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut outcomes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in ids {
        let delivery = eventually("what became of it", async || {
            let delivery = shop.trace(id).await?["deliveries"][channel].take();
            let waits =
                channel == "push" && (delivery["state"] == "pending" || delivery["state"] == "sending");
            Ok((!waits).then_some(delivery))
        })
        .await?;
        let state = delivery["state"].as_str().with_context(|| format!("no state in {delivery}"))?;
        let outcome = match delivery["reason"].as_str() {
            Some(reason) => format!("{state}: {reason}"),
            None => state.to_owned(),
        };
        outcomes.entry(outcome).or_default().push(id.clone());
    }
    Ok(outcomes)
}

pub(crate) fn sorted(jobs: Vec<Job>) -> Vec<String> {
    let mut ids: Vec<String> = jobs.into_iter().map(|job| job.id).collect();
    ids.sort();
    ids
}

/// What stands counted for a user.
pub(crate) async fn counted(tenant: &Tenant, user: &str) -> Result<Vec<AttributeValue>> {
    let rows = tenant.rows("Recipients", user).await?;
    let limits = rows.iter().find(|row| row.get("sk") == Some(&AttributeValue::S("limits".to_owned())));
    let counted = limits.and_then(|row| row.get("counted")).and_then(|counted| counted.as_l().ok());
    Ok(counted.cloned().unwrap_or_default())
}

#[tokio::test]
async fn of_a_hundred_at_once_two_interrupt_and_all_are_stored() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (ann(&tenant).await?, tenant.producer()?);
    let ids = shop.create_many(100, &promotion("half price")).await?;
    ann.inbox_of(100).await?;
    let outcomes = outcomes(&shop, &ids, "push").await?;
    let counts: Vec<(&str, usize)> = outcomes.iter().map(|(what, ids)| (what.as_str(), ids.len())).collect();
    assert_eq!(counts, [("sent", 2), ("skipped: frequency_cap", 98)]);
    let mut sent = outcomes["sent"].clone();
    sent.sort();
    tenant.jobs().wait("push", 2).await?;
    assert_eq!(sorted(tenant.jobs().all("push").await?), sent);
    assert_eq!(counted(&tenant, "ann").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_redelivered_message_counts_once() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (ann(&tenant).await?, tenant.producer()?);
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (_, message) = functions.capture(&[promotion("first")]).await?.pop().context("nothing captured")?;
    let dispatch = functions.function("dispatch").start().await?;
    // Twice in one batch, and again later.
    for batch in [vec![message.as_str(), message.as_str()], vec![message.as_str()]] {
        assert!(failed(&dispatch.invoke(sqs_event(&batch)).await?).is_empty());
    }
    assert_eq!((ann.inbox().await?.len(), counted(&tenant, "ann").await?.len()), (1, 1));
    for (title, outcome) in [("second", "sent"), ("third", "skipped: frequency_cap")] {
        let id = shop.create(&promotion(title)).await?;
        shop.delivery(&id, "push", outcome).await?;
    }
    assert_eq!(counted(&tenant, "ann").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_interrupts_nobody_counts_for_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.prefer(&json!({"timezone": midday()})).await?;
    for _ in 0..3 {
        let id = shop.create(&promotion("nowhere to")).await?;
        shop.delivery(&id, "push", "skipped: no_address").await?;
    }
    assert!(counted(&tenant, "ann").await?.is_empty());
    ann.register("phone").await?;
    for outcome in ["sent", "sent", "skipped: frequency_cap"] {
        let id = shop.create(&promotion("to the phone")).await?;
        shop.delivery(&id, "push", outcome).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_tenants_cap_holds_across_the_types_of_a_category() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (ann(&tenant).await?, tenant.producer()?);
    let caps = json!({"category_caps": {"marketing": {"per_day": 1}}});
    tenant.admin()?.put("/v1/settings", &caps).await?.ok()?;
    for (kind, outcome) in [
        ("promotion_generic", "sent"),
        ("upsell_suggestion", "skipped: frequency_cap"),
        ("chat_message", "sent"),
    ] {
        let id = shop.create(&json!({"type": kind, "recipient": "ann", "title": "x"})).await?;
        shop.delivery(&id, "push", outcome).await?;
    }
    ann.inbox_of(3).await?;
    Ok(())
}

#[tokio::test]
async fn each_recipient_has_caps_of_their_own() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    for user in ["ann", "bob"] {
        let user = tenant.user(user)?;
        user.register(&user.id).await?;
        user.prefer(&json!({"timezone": midday()})).await?;
    }
    let offer = |users: Value| json!({"type": "discount_offer", "recipients": users, "title": "x"});
    let first = shop.post("/v1/notifications", &offer(json!(["ann"]))).await?.ok()?;
    shop.delivery(first["ids"][0].as_str().context("no id")?, "push", "sent").await?;
    let both = shop.post("/v1/notifications", &offer(json!(["ann", "bob"]))).await?.ok()?;
    for (index, outcome) in ["skipped: frequency_cap", "sent"].iter().enumerate() {
        shop.delivery(both["ids"][index].as_str().context("no id")?, "push", outcome).await?;
    }
    Ok(())
}
