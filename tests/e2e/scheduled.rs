//! Notifications for later.

use anyhow::{Context as _, Result, ensure};
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindowMode};
use carillon_tests::{Functions, Tenant, eventually, failed, now, sqs_event};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use ulid::Ulid;

/// Seconds from now, as a request says it.
fn ahead(seconds: i64) -> Result<Timestamp> {
    let at = now().checked_add(SignedDuration::from_secs(seconds))?;
    Ok(Timestamp::from_millisecond(at.as_millisecond())?)
}

fn post(at: Timestamp) -> Value {
    json!({"type": "chat_message", "recipient": "ann", "title": "later", "scheduled_for": at.to_string()})
}

/// The time in an id, in milliseconds.
fn time(id: &str) -> Result<i64> {
    Ok(i64::try_from(Ulid::from_string(&id[4..30])?.timestamp_ms())?)
}

#[tokio::test]
async fn it_comes_at_its_time_and_not_before() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut device = ann.connect().await?;
    let at = ahead(3)?;
    let id = shop.create(&post(at)).await?;
    assert_eq!(time(&id)?, at.as_millisecond());
    let early = shop.get(&format!("/v1/notifications/{id}")).await?;
    if early.status == 404 {
        let wait: u32 = early.header("retry-after").context("no Retry-After")?.parse()?;
        assert!((1..=4).contains(&wait), "{wait}");
    } else {
        assert!(now() >= at, "{}", early.body);
    }
    // Whatever is read before the mark must come unread all the same.
    ann.act("/api/notifications/read-all").await?.ok()?;
    let stored = eventually("the notification", async || {
        let inbox = ann.inbox().await?;
        ensure!(inbox.is_empty() || now() >= at, "it came too early: {inbox:?}");
        Ok(inbox.into_iter().next())
    })
    .await?;
    assert_eq!((&stored["id"], &stored["unread"]), (&json!(id), &json!(true)));
    assert_eq!(stored["created_at"], json!(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()));
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    assert_eq!(ann.unread().await?, 1);
    shop.delivery(&id, "in_app", "sent").await?;
    assert!(tenant.schedules().await?.is_empty(), "the queue itself can wait so long");
    Ok(())
}

#[tokio::test]
async fn what_is_further_ahead_is_left_to_the_scheduler() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    // What it says is no placeholder of the scheduler's.
    const TITLE: &str = "<aws.scheduler.attempt-number> & later";
    let at = ahead(1_200)?;
    let mut body = post(at);
    body["title"] = json!(TITLE);
    let first = shop.post_once("k", &body).await?;
    assert_eq!(first.status, 202, "{}", first.body);
    let id = first.body["id"].as_str().context("no id")?;
    assert_eq!(time(id)?, at.as_millisecond());
    let schedules = tenant.schedules().await?;
    assert_eq!(schedules.len(), 1, "it is there before the answer");
    let about = &schedules[0].about;
    // On the second that is not before it.
    let second = Timestamp::from_second((at.as_millisecond() + 999).div_euclid(1_000))?;
    let expression = format!("at({})", second.strftime("%Y-%m-%dT%H:%M:%S"));
    assert_eq!(about.schedule_expression(), Some(expression.as_str()));
    assert_eq!(about.schedule_expression_timezone(), Some("UTC"));
    assert_eq!(about.action_after_completion(), Some(&ActionAfterCompletion::Delete));
    let spread = about.flexible_time_window().map(|window| window.mode().clone());
    assert_eq!(spread, Some(FlexibleTimeWindowMode::Off));
    let message = schedules[0].message()?;
    assert_eq!((&message["ulid"], &message["again"]), (&json!(id[4..30]), &Value::Null));
    assert_eq!(message["recipients"], json!([{"user": "ann"}]));
    assert_eq!(message["content"]["title"], TITLE);
    assert!(!schedules[0].input.contains("<aws"), "{}", schedules[0].input);
    let dead_letters = about.target().and_then(|target| target.dead_letter_config()?.arn());
    assert!(dead_letters.is_some_and(|arn| arn.ends_with("-dispatch-dlq")), "{dead_letters:?}");

    let early = shop.get(&format!("/v1/notifications/{id}")).await?;
    early.problem(404, "not_found")?;
    let wait: u32 = early.header("retry-after").context("no Retry-After")?.parse()?;
    assert!((1_000..=1_201).contains(&wait), "{wait}");

    assert_eq!(shop.post_once("k", &body).await?.body, first.body);
    assert_eq!(tenant.schedules().await?.len(), 1, "the same");
    assert!(ann.inbox().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_dispatched_too_early_waits_on() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (shop, at) = (tenant.producer()?, ahead(1_800)?);
    shop.create(&post(at)).await?;
    let first = tenant.schedules_of(1).await?.pop().context("no schedule")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let dispatch = functions.function("dispatch").start().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&first.input])).await?).is_empty());
    assert!(tenant.rows("Inbox", "ann").await?.is_empty());
    let again = tenant.schedules_of(2).await?;
    let times: Vec<_> = again.iter().map(|schedule| schedule.about.schedule_expression()).collect();
    assert_eq!(times, [first.about.schedule_expression(); 2]);
    Ok(())
}

#[tokio::test]
async fn what_is_cancelled_before_its_time_never_comes() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    // The one waits in the queue, the other with the scheduler.
    for seconds in [2, 1_200] {
        let id = shop.create(&post(ahead(seconds)?)).await?;
        let cancelled = shop.act(&format!("/v1/notifications/{id}/cancel")).await?.ok()?;
        assert_eq!((&cancelled["id"], &cancelled["status"]), (&json!(id), &json!("cancelled")));
        assert_eq!(shop.trace(&id).await?["status"], "cancelled");
    }

    let functions = Functions::of(&tenant, Vec::new()).await?;
    let dispatch = functions.function("dispatch").start().await?;
    // It comes out of the queue when it is due.
    let captured = functions.capture(&[post(ahead(2)?)]).await?.pop();
    let (answer, message) = captured.context("nothing captured")?;
    let id = answer["id"].as_str().context("no id")?;
    assert!(time(id)? <= now().as_millisecond());
    shop.act(&format!("/v1/notifications/{id}/cancel")).await?.ok()?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty());
    assert!(ann.inbox().await?.is_empty());
    assert_eq!(shop.trace(id).await?["status"], "cancelled");
    Ok(())
}

#[tokio::test]
async fn a_time_that_cannot_be_is_refused() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let far = ahead(366 * 86_400 + 60)?.to_string();
    let past = ahead(-600)?.to_string();
    let wrong = [far.as_str(), &past, "", "tomorrow", "2026-13-01T00:00:00Z", "2027-01-01", "1800000000"];
    for text in wrong {
        let body = json!({"type": "chat_message", "recipient": "ann", "title": "x", "scheduled_for": text});
        let answer = shop.post("/v1/notifications", &body).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some("scheduled_for"), "{text:?}");
    }
    let number = json!({"type": "chat_message", "recipient": "ann", "title": "x", "scheduled_for": 1});
    let answer = shop.post("/v1/notifications", &number).await?;
    assert_eq!(answer.problem(422, "invalid_request")?, Some("scheduled_for"));
    assert!(tenant.schedules().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_a_little_behind_means_now() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let before = now().as_millisecond();
    let id = shop.create(&post(ahead(-60)?)).await?;
    assert!(time(&id)? >= before, "its time is that of the post");
    assert_eq!(ann.inbox_of(1).await?[0]["id"], json!(id));
    Ok(())
}

#[tokio::test]
async fn what_came_in_time_is_not_late_when_it_is_repeated() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    // Soon it is too old to be taken for now.
    let body = post(ahead(-298)?);
    let first = shop.post_once("k", &body).await?;
    assert_eq!(first.status, 202, "{}", first.body);
    eventually("its time to be past", async || {
        let late = shop.post("/v1/notifications", &body).await?;
        Ok((late.status == 422).then_some(()))
    })
    .await?;
    let again = shop.post_once("k", &body).await?;
    assert_eq!((again.status, &again.body), (202, &first.body));
    for _ in 0..2 {
        let late = shop.post_once("another", &body).await?;
        assert_eq!(late.problem(422, "invalid_request")?, Some("scheduled_for"), "{}", late.body);
    }
    let path = ann.path(first.body["id"].as_str().context("no id")?, "");
    eventually("the notification", async || Ok((ann.get(&path).await?.status == 200).then_some(()))).await
}
