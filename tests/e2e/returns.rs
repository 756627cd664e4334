//! What waited comes back: decided again, and once.

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{
    Functions, Job, Producer, Queue, Schedule, Tenant, User, eventually, failed, jobs_of, sqs_event,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::quiet::asleep;

/// A notification whose push waits.
pub(crate) struct Held {
    pub(crate) tenant: Tenant,
    pub(crate) ann: User,
    pub(crate) shop: Producer,
    pub(crate) id: String,
    pub(crate) schedule: Schedule,
}

pub(crate) async fn held() -> Result<Held> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let (ann, _) = asleep(&tenant, "ann").await?;
    let id = shop.notify(&ann, "later").await?;
    shop.delivery(&id, "push", "deferred: quiet_hours").await?;
    let schedule = tenant.schedules_of(1).await?.pop().context("no schedule")?;
    Ok(Held { tenant, ann, shop, id, schedule })
}

impl Held {
    /// As if its time had come: the row says so.
    pub(crate) async fn is_due(&self) -> Result<()> {
        let aws = &self.tenant.aws;
        let now = carillon_tests::now().as_millisecond();
        aws.dynamodb
            .update_item()
            .table_name(aws.table("Inbox")?)
            .key("pk", AttributeValue::S(self.ann.partition().to_owned()))
            .key("sk", AttributeValue::S(format!("n#{}", &self.id[4..30])))
            .update_expression("SET deliveries.push.#until = :now")
            .condition_expression("attribute_exists(deliveries.push.#until)")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .send()
            .await?;
        Ok(())
    }

    /// As if the quiet hours were over.
    pub(crate) async fn wakes_up(&self) -> Result<()> {
        self.is_due().await?;
        self.ann.prefer(&json!({"quiet_hours": {"enabled": false}})).await.map(drop)
    }

    /// Brings it back through a dispatch of the test's own; returns the push jobs that it made.
    pub(crate) async fn comes_back(&self) -> Result<Vec<Job>> {
        let push = Queue::create(&self.tenant.aws).await?;
        let functions = Functions::of(&self.tenant, Vec::new()).await?;
        let dispatch = functions.function("dispatch").env("QUEUE_PUSH_URL", push.url()).start().await?;
        let reply = dispatch.invoke(sqs_event(&[&self.schedule.input])).await?;
        assert!(failed(&reply).is_empty(), "{reply}");
        let jobs: Result<Vec<Vec<Job>>> = push.drain().await?.iter().map(jobs_of).collect();
        Ok(jobs?.concat())
    }

    async fn delivery(&self) -> Result<Value> {
        Ok(self.shop.trace(&self.id).await?["deliveries"]["push"].take())
    }
}

#[tokio::test]
async fn it_goes_out_when_the_quiet_hours_are_over() -> Result<()> {
    let held = held().await?;
    held.wakes_up().await?;
    let mut tab = held.ann.connect().await?;
    held.tenant.send("dispatch", &held.schedule.input).await?;
    let jobs = held.tenant.jobs().wait("push", 1).await?;
    assert_eq!((&jobs[0].id, &jobs[0].content["title"]), (&held.id, &json!("later")));
    let went = held.shop.delivery(&held.id, "push", "sent").await?;
    assert_eq!(went["until"], Value::Null);

    // The inbox had it all the time: no socket is told again.
    let fence = json!({"type": "invoice_created", "recipient": "ann", "title": "May"});
    let fence = held.shop.create(&fence).await?;
    tab.expect_where("notification", |data| data["id"] == json!(fence)).await?;
    assert!(tab.all("notification").await?.is_empty());

    // A second message for the same changes nothing; the sender's claim drops the double job.
    let again = held.comes_back().await?;
    assert!(again.iter().all(|job| job.id == held.id), "{again:?}");
    assert_eq!(held.delivery().await?, went);
    Ok(())
}

#[tokio::test]
async fn the_scheduler_brings_it_back_and_is_done_with_it() -> Result<()> {
    let held = held().await?;
    held.wakes_up().await?;
    held.tenant.bring_forward(&held.schedule).await?;
    let jobs = held.tenant.jobs().wait("push", 1).await?;
    assert_eq!(jobs[0].id, held.id);
    held.shop.delivery(&held.id, "push", "sent").await?;
    let name = held.schedule.about.name().unwrap_or_default();
    eventually("the end of the schedule", async || {
        Ok(held.tenant.schedule(name).await?.is_none().then_some(()))
    })
    .await?;
    assert_eq!(held.tenant.jobs().all("push").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_comes_too_early_waits_on() -> Result<()> {
    let held = held().await?;
    let before = held.delivery().await?;
    assert!(held.comes_back().await?.is_empty());
    assert_eq!(held.delivery().await?, before);
    assert_eq!(held.tenant.schedules().await?.len(), 1, "the same");
    Ok(())
}

#[tokio::test]
async fn where_it_is_quiet_again_it_waits_again() -> Result<()> {
    let held = held().await?;
    let before = held.delivery().await?;
    held.is_due().await?;
    assert!(held.comes_back().await?.is_empty());
    let after = held.shop.delivery(&held.id, "push", "deferred: quiet_hours").await?;
    assert_eq!(after["until"], before["until"]);
    assert_eq!(held.tenant.schedules().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_was_dealt_with_meanwhile_stays_quiet() -> Result<()> {
    for action in ["read", "archive"] {
        let held = held().await?;
        held.wakes_up().await?;
        held.ann.act(&held.ann.path(&held.id, action)).await?.ok()?;
        assert!(held.comes_back().await?.is_empty(), "{action}");
        held.shop.delivery(&held.id, "push", "skipped: already_read").await?;
    }
    let held = held().await?;
    held.wakes_up().await?;
    held.ann.act("/api/notifications/read-all").await?.ok()?;
    assert!(held.comes_back().await?.is_empty());
    held.shop.delivery(&held.id, "push", "skipped: already_read").await?;
    Ok(())
}

#[tokio::test]
async fn what_was_snoozed_meanwhile_stays_quiet() -> Result<()> {
    let held = held().await?;
    held.wakes_up().await?;
    let until = carillon_tests::now().checked_add(SignedDuration::from_hours(1))?;
    held.ann.post(&held.ann.path(&held.id, "snooze"), &json!({"until": until.to_string()})).await?.ok()?;
    assert!(held.comes_back().await?.is_empty());
    held.shop.delivery(&held.id, "push", "skipped: already_read").await?;
    Ok(())
}

#[tokio::test]
async fn what_was_deleted_meanwhile_does_not_come_back() -> Result<()> {
    let held = held().await?;
    held.wakes_up().await?;
    assert_eq!(held.ann.delete(&held.ann.path(&held.id, "")).await?.status, 204);
    assert!(held.comes_back().await?.is_empty());
    assert!(held.ann.inbox().await?.is_empty());
    held.shop.get(&format!("/v1/notifications/{}", held.id)).await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn who_was_erased_meanwhile_does_not_come_back() -> Result<()> {
    let held = held().await?;
    held.wakes_up().await?;
    held.tenant.admin()?.delete("/v1/recipients/ann").await?.ok()?;
    assert!(held.comes_back().await?.is_empty());
    assert!(held.ann.inbox().await?.is_empty());
    assert!(held.tenant.rows("Inbox", "ann").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_was_switched_off_meanwhile_stays_off() -> Result<()> {
    let off = [
        (json!({"channels": {"push": false}}), "skipped: channel_disabled"),
        (json!({"types": {"chat_message": {"push_enabled": false}}}), "skipped: channel_disabled_for_type"),
        (json!({"types": {"chat_message": {"enabled": false}}}), "skipped: type_opted_out"),
    ];
    for (preferences, outcome) in off {
        let held = held().await?;
        held.wakes_up().await?;
        held.ann.prefer(&preferences).await?;
        assert!(held.comes_back().await?.is_empty(), "{outcome}");
        held.shop.delivery(&held.id, "push", outcome).await?;
        assert_eq!(held.ann.inbox().await?.len(), 1, "what is stored stays");
    }
    Ok(())
}
