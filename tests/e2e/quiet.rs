//! Quiet hours: what interrupts waits for their end, on the recipient's own clock.

use anyhow::Result;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindowMode};
use carillon_tests::{Tenant, User, ids, list, local, minute};
use jiff::Timestamp;
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

/// A window in which it is quiet now on a zone's clock, for some hours.
pub(crate) fn window(zone: &str, hours: i64) -> Result<(Timestamp, Value)> {
    let end = minute(hours * HOUR)?;
    let window = json!({"enabled": true, "start": local(minute(-HOUR)?, zone)?, "end": local(end, zone)?});
    Ok((end, window))
}

/// As answers show it.
pub(crate) fn shown(at: Timestamp) -> String {
    format!("{}.000Z", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Somebody with a phone for whom it is quiet for two hours.
pub(crate) async fn asleep(tenant: &Tenant, user: &str) -> Result<(User, Timestamp)> {
    let user = tenant.user(user)?;
    user.register(&format!("phone of {}", user.id).replace(' ', "-")).await?;
    let (end, window) = window("UTC", 2)?;
    user.prefer(&json!({"timezone": "UTC", "quiet_hours": window})).await?;
    Ok((user, end))
}

#[tokio::test]
async fn the_same_hours_are_quiet_in_tokyo_and_not_in_los_angeles() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ops, shop) = (tenant.admin()?, tenant.producer()?);
    let (end, quiet) = window("Asia/Tokyo", 2)?;
    // The zone is the profile's, unless the user says another.
    let users = [
        ("aiko", "Asia/Tokyo", None),
        ("lou", "America/Los_Angeles", None),
        ("rin", "America/Los_Angeles", Some("Asia/Tokyo")),
    ];
    for (user, profile, own) in users {
        ops.put(&format!("/v1/recipients/{user}"), &json!({"timezone": profile})).await?.ok()?;
        let user = tenant.user(user)?;
        user.register(&user.id).await?;
        user.prefer(&json!({"quiet_hours": quiet, "timezone": own})).await?;
    }
    let body = json!({"type": "invoice_overdue", "recipients": ["aiko", "lou", "rin"], "title": "May"});
    let posted = shop.post("/v1/notifications", &body).await?.ok()?;
    let id = |index: usize| posted["ids"][index].as_str().unwrap_or_default();

    assert_eq!(tenant.jobs().wait("push", 1).await?[0].id, id(1));
    shop.delivery(id(1), "push", "sent").await?;
    for index in [0, 2] {
        let held = shop.delivery(id(index), "push", "deferred: quiet_hours").await?;
        assert_eq!((&held["until"], &held["attempts"]), (&json!(shown(end)), &json!(0)));
        shop.delivery(id(index), "in_app", "sent").await?;
    }
    for (user, index) in [("aiko", 0), ("lou", 1), ("rin", 2)] {
        assert_eq!(ids(&tenant.user(user)?.inbox_of(1).await?)?, [id(index)], "the inbox does not wait");
    }

    // Those who wait for the same instant wait together.
    let schedules = tenant.schedules_of(1).await?;
    let about = &schedules[0].about;
    let at = format!("at({})", end.strftime("%Y-%m-%dT%H:%M:%S"));
    assert_eq!(about.schedule_expression(), Some(at.as_str()));
    assert_eq!(about.schedule_expression_timezone(), Some("UTC"));
    assert_eq!(about.action_after_completion(), Some(&ActionAfterCompletion::Delete));
    let spread = about.flexible_time_window().map(|window| window.mode().clone());
    assert_eq!(spread, Some(FlexibleTimeWindowMode::Flexible));
    let target = about.target().map(|target| (target.arn(), target.role_arn()));
    let given = &tenant.stack.schedules;
    assert_eq!(target, Some((given.target_arn.as_str(), given.role_arn.as_str())));
    let message = schedules[0].message()?;
    assert_eq!((&message["tenant"], &message["again"]), (&json!(tenant.id), &json!(true)));
    let who: Vec<&Value> = list(&message, "recipients")?.iter().map(|target| &target["user"]).collect();
    assert_eq!(who, ["aiko", "rin"]);
    assert_eq!(tenant.jobs().all("push").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn those_who_wait_longer_have_a_schedule_of_their_own() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let (_ann, _) = asleep(&tenant, "ann").await?;
    let bob = tenant.user("bob")?;
    bob.register("bobs").await?;
    // An existing app's document says it too.
    let (_, quiet) = window("UTC", 3)?;
    let document = json!({"quietHours": {"start": quiet["start"], "end": quiet["end"]}});
    bob.put("/api/notifications/settings", &document).await?.ok()?;
    let body = json!({"type": "chat_message", "recipients": ["ann", "bob"], "title": "x"});
    shop.post("/v1/notifications", &body).await?.ok()?;
    let mut who = Vec::new();
    for schedule in tenant.schedules_of(2).await? {
        who.extend(list(&schedule.message()?, "recipients")?.iter().map(|target| target["user"].clone()));
    }
    who.sort_by_key(Value::to_string);
    assert_eq!(who, ["ann", "bob"]);
    Ok(())
}

#[tokio::test]
async fn what_would_be_over_by_then_does_not_wait() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    asleep(&tenant, "ann").await?;
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x", "ttl_seconds": 3_600});
    let id = shop.create(&body).await?;
    shop.delivery(&id, "push", "skipped: expired").await?;
    shop.delivery(&id, "in_app", "sent").await?;
    assert!(tenant.schedules().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_critical_does_not_wait() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    asleep(&tenant, "ann").await?;
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x", "priority": "urgent"});
    let id = shop.create(&body).await?;
    assert_eq!(tenant.jobs().wait("push", 1).await?[0].id, id);
    shop.delivery(&id, "push", "sent").await?;
    Ok(())
}

#[tokio::test]
async fn a_tenant_may_have_it_dropped() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    tenant.admin()?.put("/v1/settings", &json!({"quiet_hours": "drop"})).await?.ok()?;
    let (ann, _) = asleep(&tenant, "ann").await?;
    let id = shop.notify(&ann, "x").await?;
    let dropped = shop.delivery(&id, "push", "skipped: quiet_hours").await?;
    assert_eq!(dropped["until"], Value::Null);
    assert!(tenant.schedules().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_types_own_hours_go_before_the_recipients() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let (end, quiet) = window("UTC", 4)?;
    let own = json!({"quiet_hours": {"start": quiet["start"], "end": quiet["end"]}});
    tenant.admin()?.put("/v1/types/chat_message", &own).await?.ok()?;
    let bypass = json!({"bypass_quiet_hours": true});
    tenant.admin()?.put("/v1/types/invoice_overdue", &bypass).await?.ok()?;
    let (ann, _) = asleep(&tenant, "ann").await?;
    let id = shop.notify(&ann, "x").await?;
    let held = shop.delivery(&id, "push", "deferred: quiet_hours").await?;
    assert_eq!(held["until"], json!(shown(end)));
    let id = shop.create(&json!({"type": "invoice_overdue", "recipient": "ann", "title": "May"})).await?;
    shop.delivery(&id, "push", "sent").await?;
    Ok(())
}
