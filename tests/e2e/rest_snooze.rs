//! Snoozing: out of lists and counts, and back by itself.

use anyhow::{Context as _, Result};
use aws_sdk_scheduler::types::FlexibleTimeWindowMode;
use carillon_tests::{
    Functions, Queue, Schedule, Tenant, User, answer, failed, http_event, ids, list, now, sqs_event,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::rest_support::{filled, heard_nothing_else, row, stats};

/// Seconds from now, in milliseconds as times are kept.
fn ahead(seconds: i64) -> Result<Timestamp> {
    let at = now().checked_add(SignedDuration::from_secs(seconds))?;
    Ok(Timestamp::from_millisecond(at.as_millisecond())?)
}

fn shown(at: Timestamp) -> Value {
    json!(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

async fn snooze(user: &User, id: &str, until: Timestamp) -> Result<Value> {
    user.post(&user.path(id, "snooze"), &json!({"until": until.to_string()})).await?.ok()
}

/// The message for dispatch that a schedule sends.
fn wake(schedule: &Schedule) -> Result<Value> {
    let message: Value = serde_json::from_str(&schedule.input)?;
    message.get("wake.v1").cloned().with_context(|| format!("wakes nothing: {message}"))
}

/// Snoozes through an inbox-api of the test's own, and returns the message that is to wake it when it is due.
pub(crate) async fn captured(tenant: &Tenant, user: &User, id: &str, seconds: i64) -> Result<String> {
    let queue = Queue::create(&tenant.aws).await?;
    let functions = Functions::of(tenant, Vec::new()).await?;
    let inbox = functions.function("inbox-api").env("QUEUE_DISPATCH_URL", queue.url()).start().await?;
    let body = json!({"until": ahead(seconds)?.to_string()}).to_string();
    let event = http_event("POST", &user.path(id, "snooze"), &user.token, &[], &body);
    answer(&inbox.invoke(event).await?)?.ok()?;
    queue.receive().await
}

#[tokio::test]
async fn it_is_out_of_lists_and_counts_at_once_and_back_by_itself() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, bob) = (tenant.user("ann")?, tenant.user("bob")?);
    let all = filled(&tenant, &ann, 2).await?;
    ann.act(&ann.path(&all[1], "pin")).await?.ok()?;
    ann.act(&ann.path(&all[1], "read")).await?.ok()?;
    let (mut device, mut bobs) = (ann.connect().await?, [bob.connect().await?]);
    let until = ahead(3)?;
    let snoozed = snooze(&ann, &all[1], until).await?;
    assert_eq!((&snoozed["id"], &snoozed["snoozed_until"]), (&json!(all[1]), &shown(until)));
    assert_eq!(device.expect("notification_updated").await?, snoozed);
    let listed = ann.page("").await?;
    if now() < until {
        assert_eq!(ids(list(&listed, "data")?)?, [all[0].clone()]);
    }
    let back = device.expect("notification").await?;
    assert!(now() >= until.checked_sub(SignedDuration::from_secs(1))?, "not before its time");
    assert_eq!(
        (&back["id"], &back["unread"]),
        (&json!(all[1]), &json!(true)),
        "it counts again, read or not"
    );
    assert_eq!((&back["snoozed_until"], &back["read_at"]), (&Value::Null, &Value::Null));
    assert_eq!(back["pinned_at"], snoozed["pinned_at"], "told as it stands");
    assert_eq!(ann.inbox().await?[1], back);
    assert_eq!(ann.unread().await?, 2);
    assert_eq!(device.resync(None).await?.last["unread_count"], 2);
    heard_nothing_else(&mut [device]).await?;
    heard_nothing_else(&mut bobs).await
}

#[tokio::test]
async fn a_snoozed_one_is_in_no_list_count_or_figure() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 3).await?;
    ann.act(&ann.path(&all[1], "archive")).await?.ok()?;
    let until = ahead(3_600)?;
    for id in &all[..2] {
        let snoozed = snooze(&ann, id, until).await?;
        assert_eq!(snooze(&ann, id, until).await?, snoozed, "the second time changes nothing");
        assert_eq!(ann.get(&ann.path(id, "")).await?.ok()?, snoozed, "it is there all the same");
    }
    for query in ["", "?unread_only=true"] {
        let page = ann.page(query).await?;
        assert_eq!(ids(list(&page, "data")?)?, [all[2].clone()], "{query}");
        assert_eq!(page["unread_count"], 1);
    }
    assert_eq!(ann.page("?archived=true").await?["data"], json!([]));
    assert_eq!(ann.unread().await?, 1);
    let figures = stats(&ann).await?;
    assert_eq!((&figures["total"], &figures["unread"]), (&json!(1), &json!(1)), "{figures}");
    assert_eq!(tenant.schedules().await?.len(), 2, "one each");
    Ok(())
}

#[tokio::test]
async fn unsnoozing_brings_it_back_at_once_and_what_would_have_woken_it_does_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let message = captured(&tenant, &ann, &id, 3).await?;
    assert_eq!(ann.unread().await?, 0);
    let mut device = ann.connect().await?;
    let back = ann.act(&ann.path(&id, "unsnooze")).await?.ok()?;
    assert_eq!((&back["unread"], &back["snoozed_until"]), (&json!(true), &Value::Null));
    assert_eq!(device.expect("notification").await?, back);
    assert_eq!((ann.unread().await?, ann.inbox().await?), (1, vec![back.clone()]));
    assert_eq!(ann.act(&ann.path(&id, "unsnooze")).await?.ok()?, back, "the second time changes nothing");

    ann.act(&ann.path(&id, "read")).await?.ok()?;
    device.expect("notification_read").await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let dispatch = functions.function("dispatch").start().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty());
    assert_eq!(ann.unread().await?, 0);
    heard_nothing_else(&mut [device]).await
}

#[tokio::test]
async fn the_later_word_holds() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 3).await?;
    let mut messages = Vec::new();
    for id in &all {
        messages.push(captured(&tenant, &ann, id, 3).await?);
    }
    let again = snooze(&ann, &all[0], ahead(3_600)?).await?;
    assert!(ann.act(&ann.path(&all[1], "archive")).await?.ok()?["snoozed_until"].is_null());
    assert_eq!(ann.delete(&ann.path(&all[2], "")).await?.status, 204);
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let queue = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", queue.url()).start().await?;
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    assert!(failed(&dispatch.invoke(sqs_event(&messages)).await?).is_empty());
    assert!(queue.drain().await?.is_empty(), "nobody is told");
    assert_eq!((ann.inbox().await?, ann.unread().await?), (Vec::new(), 0));
    assert_eq!(ann.get(&ann.path(&all[0], "")).await?.ok()?, again);
    assert_eq!(ids(list(&ann.page("?archived=true").await?, "data")?)?, [all[1].clone()]);
    ann.get(&ann.path(&all[2], "")).await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn what_died_between_waking_and_telling_is_told_by_the_redelivery() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let message = captured(&tenant, &ann, &id, 3).await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let nowhere = format!("{}/000000000000/nowhere", tenant.stack.aws_endpoint_url);
    let dying = functions.function("dispatch").env("QUEUE_REALTIME_URL", nowhere).start().await?;
    assert_eq!(failed(&dying.invoke(sqs_event(&[&message])).await?), ["m0"]);
    assert_eq!(ann.unread().await?, 1, "it is back, and nobody knows");
    let mut device = ann.connect().await?;
    let dispatch = functions.function("dispatch").start().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty());
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    assert_eq!(ann.unread().await?, 1);
    Ok(())
}

#[tokio::test]
async fn what_is_further_ahead_is_left_to_the_scheduler_and_waits_on_if_it_comes_early() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let until = ahead(1_200)?;
    snooze(&ann, &id, until).await?;
    let first = tenant.schedules_of(1).await?.pop().context("no schedule")?;
    let second = Timestamp::from_second((until.as_millisecond() + 999).div_euclid(1_000))?;
    let expression = format!("at({})", second.strftime("%Y-%m-%dT%H:%M:%S"));
    assert_eq!(first.about.schedule_expression(), Some(expression.as_str()));
    let spread = first.about.flexible_time_window().map(|window| window.mode().clone());
    assert_eq!(spread, Some(FlexibleTimeWindowMode::Off));
    let message = wake(&first)?;
    assert_eq!((&message["user"], &message["ulid"]), (&json!("ann"), &json!(id[4..30])));
    assert_eq!((&message["tenant"], &message["until"]), (&json!(tenant.id), &json!(until.as_millisecond())));

    let functions = Functions::of(&tenant, Vec::new()).await?;
    let dispatch = functions.function("dispatch").start().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&first.input])).await?).is_empty());
    assert_eq!(ann.unread().await?, 0);
    let again = tenant.schedules_of(2).await?;
    let times: Vec<_> = again.iter().map(|schedule| schedule.about.schedule_expression()).collect();
    assert_eq!(times, [Some(expression.as_str()); 2]);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_woken_is_not_snoozed() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let nowhere = format!("{}/000000000000/nowhere", tenant.stack.aws_endpoint_url);
    let inbox = functions.function("inbox-api").env("QUEUE_DISPATCH_URL", nowhere).start().await?;
    let body = json!({"until": ahead(60)?.to_string()}).to_string();
    let event = http_event("POST", &ann.path(&id, "snooze"), &ann.token, &[], &body);
    answer(&inbox.invoke(event).await?)?.problem(503, "unavailable")?;
    assert_eq!(ann.unread().await?, 1);
    assert!(!row(&tenant, "ann", &id).await?.contains_key("snoozed_until"));
    Ok(())
}

#[tokio::test]
async fn until_must_be_a_time_ahead_and_within_retention() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let path = ann.path(&id, "snooze");
    let created = Timestamp::from_millisecond(i64::try_from(Ulid::from_string(&id[4..30])?.timestamp_ms())?)?;
    let latest = created.checked_add(SignedDuration::from_hours(30 * 24 - 1))?;
    let late = latest.checked_add(SignedDuration::from_millis(1))?.to_string();
    let refused = ann.post(&path, &json!({"until": late})).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("until"));
    let detail = &refused.body["detail"];
    assert!(
        detail.as_str().is_some_and(|detail| shown(latest).as_str().is_some_and(|at| detail.contains(at))),
        "{detail}"
    );
    let past = ahead(-1)?.to_string();
    for until in [json!(past), json!(late), json!("tomorrow"), json!(""), json!(1_800_000_000), Value::Null] {
        let answer = ann.post(&path, &json!({"until": until})).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some("until"), "{until}");
    }
    let answer = ann.post(&path, &json!({})).await?;
    assert_eq!(answer.problem(422, "invalid_request")?, Some("until"));
    let more = json!({"until": ahead(60)?.to_string(), "why": "busy"});
    assert_eq!(ann.post(&path, &more).await?.problem(422, "invalid_request")?, Some("why"));
    let plain = ann.request(Method::POST, &path).body("until");
    ann.send(plain).await?.problem(415, "unsupported_media_type")?;
    let broken = ann.request(Method::POST, &path).header("content-type", "application/json").body("{");
    ann.send(broken).await?.problem(400, "malformed_json")?;
    assert_eq!(ann.unread().await?, 1);
    snooze(&ann, &id, latest).await?;
    let bobs = tenant.user("bob")?.post(&path, &json!({"until": late})).await?;
    bobs.problem(404, "not_found")?;
    Ok(())
}
