//! SQS may deliver any message again, at any time.

use anyhow::Result;
use carillon_testkit::RuntimeApi;
use carillon_tests::{Functions, Tenant, failed, ids, sqs_event};
use serde_json::json;

#[tokio::test]
async fn a_redelivered_message_makes_no_second_row() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "once").await?;
    let dispatch = functions.function("dispatch").start().await?;
    // Twice in one batch, and again later.
    for batch in [vec![message.as_str(), message.as_str()], vec![message.as_str()]] {
        assert!(failed(&dispatch.invoke(sqs_event(&batch)).await?).is_empty());
    }
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    assert_eq!(ids(&ann.inbox().await?)?, [id.as_str()]);
    ann.act(&ann.path(&id, "read")).await?.ok()?;
    dispatch.invoke(sqs_event(&[&message])).await?;
    let stored = ann.inbox_of(1).await?;
    assert_eq!(
        (stored[0]["unread"].clone(), ann.unread().await?),
        (json!(false), 0),
        "inbox state is never overwritten"
    );
    assert!(device.all("notification").await?.iter().all(|data| data["id"] == json!(id)));
    Ok(())
}

#[tokio::test]
async fn a_deleted_notification_does_not_come_back_by_redelivery() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "deleted").await?;
    let dispatch = functions.function("dispatch").start().await?;
    dispatch.invoke(sqs_event(&[&message])).await?;
    assert_eq!(ann.inbox().await?.len(), 1);
    assert_eq!(ann.delete(&ann.path(&id, "")).await?.status, 204);
    stays_away(&tenant, &functions, &dispatch, &id, &message).await
}

#[tokio::test]
async fn a_cancelled_notification_is_never_stored() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "cancelled").await?;
    let cancel = format!("/v1/notifications/{id}/cancel");
    for _ in 0..2 {
        let cancelled = shop.act(&cancel).await?.ok()?;
        assert_eq!((&cancelled["id"], &cancelled["status"]), (&json!(id), &json!("cancelled")));
    }
    let dispatch = functions.function("dispatch").start().await?;
    stays_away(&tenant, &functions, &dispatch, &id, &message).await?;
    let trace = shop.get(&format!("/v1/notifications/{id}")).await?.ok()?;
    assert_eq!(trace["status"], "cancelled");
    assert!(trace["cancelled_at"].is_string(), "{trace}");
    Ok(())
}

/// Redelivers what was withdrawn, with a device listening.
async fn stays_away(
    tenant: &Tenant,
    functions: &Functions<'_>,
    dispatch: &RuntimeApi,
    id: &str,
    message: &str,
) -> Result<()> {
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    // With a neighbour whose arrival tells that the batch is through.
    let (neighbour, other) = functions.capture_one("ann", "neighbour").await?;
    for batch in [vec![message], vec![message, other.as_str()]] {
        assert!(failed(&dispatch.invoke(sqs_event(&batch)).await?).is_empty());
    }
    device.expect_where("notification", |data| data["id"] == json!(neighbour)).await?;
    assert!(device.all("notification").await?.is_empty());
    assert_eq!(ids(&ann.inbox().await?)?, [neighbour.as_str()]);
    ann.get(&ann.path(id, "")).await?.problem(404, "not_found")?;
    assert_eq!(ids(&device.resync(None).await?.notifications)?, [neighbour]);
    assert_eq!(ann.unread().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_late_realtime_job_does_not_bring_back_what_was_dealt_with() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let send_realtime = functions.function("send-realtime").start().await?;
    let shop = tenant.producer()?;
    let mut kept = Vec::new();
    for title in ["deleted", "read", "archived", "news"] {
        kept.push(shop.notify(&ann, title).await?);
    }
    ann.inbox_of(4).await?;
    ann.delete(&ann.path(&kept[0], "")).await?;
    ann.act(&ann.path(&kept[1], "read")).await?.ok()?;
    ann.act(&ann.path(&kept[2], "archive")).await?.ok()?;
    let mut device = ann.connect().await?;
    let groups: Vec<_> = kept
        .iter()
        .map(|id| {
            json!({
                "tenant": tenant.id, "ulid": id[4..30], "recipients": [{"user": "ann"}],
                "content": {"type": "chat_message", "category": "transactional", "priority": "high", "title": "x", "expires_at": 0},
            })
        })
        .collect();
    let job = json!({"realtime.v1": {"groups": groups, "trace": {"enqueued_at": 1_741_806_238_000_i64, "attempt": 0}}});
    assert!(failed(&send_realtime.invoke(sqs_event(&[&job.to_string()])).await?).is_empty());
    assert_eq!(device.expect("notification").await?["id"], json!(kept[3]));
    assert!(device.all("notification").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_was_posted_before_an_erasure_does_not_come_after_it() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let recipient = json!({"user_id": "ann", "email": "ann@example.com"});
    let body = json!({"type": "booking_confirmed", "recipient": recipient, "title": "Sea view"});
    let captured = functions.capture(&[body]).await?;
    tenant.admin()?.delete("/v1/recipients/ann").await?.ok()?;
    let dispatch = functions.function("dispatch").start().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&captured[0].1])).await?).is_empty());
    assert!(tenant.rows("Inbox", "ann").await?.is_empty());
    assert!(tenant.jobs().all("email").await?.is_empty());
    // They may come back, and then it is news.
    let id = shop.notify(&ann, "welcome back").await?;
    assert_eq!(ids(&ann.inbox_of(1).await?)?, [id]);
    Ok(())
}
