//! What a read-all or a seen-all marked, and what comes back while one is made.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_testkit::{Fault, FaultProxy};
use carillon_tests::{
    DEADLINE, Functions, Tenant, User, answer, failed, http_event, ids, list, now, sqs_event,
};
use serde_json::{Value, json};

use crate::rest_cleanup::aged;
use crate::rest_snooze::captured;
use crate::rest_support::{filled, heard_nothing_else};

const READ_ALL: &str = "/api/notifications/read-all";
const SEEN_ALL: &str = "/api/notifications/seen-all";

#[tokio::test]
async fn reading_many_counts_and_tells_only_what_was_unread() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let marked = filled(&tenant, &ann, 2).await?;
    let read_at = ann.act(READ_ALL).await?.ok()?["read_at"].clone();
    let mut device = ann.connect().await?;
    let new = tenant.producer()?.notify(&ann, "new").await?;
    device.expect("notification").await?;
    let body = json!({"notification_ids": [marked[0], new, marked[1]]});
    let read = ann.post("/api/notifications/bulk-read", &body).await?.ok()?;
    assert_eq!(read, json!({"updated": 1, "total": 3}));
    assert_eq!(device.expect("notifications_bulk_read").await?["notification_ids"], json!([new]));
    assert_eq!(ann.get(&ann.path(&marked[0], "")).await?.ok()?["read_at"], read_at);

    let many = json!({"action": "bulk_read", "notification_ids": marked});
    assert_eq!(device.ask(many).await?["updated"], 0, "over the socket likewise");
    assert_eq!(ann.post("/api/notifications/bulk-read", &body).await?.ok()?["updated"], 0);
    heard_nothing_else(&mut [device]).await
}

#[tokio::test]
async fn what_a_mark_saw_was_seen_then_whatever_is_done_to_it() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 5).await?;
    let seen_at = ann.act(SEEN_ALL).await?.ok()?["seen_at"].clone();
    let mut device = ann.connect().await?;
    for (id, action) in all.iter().zip(["clicked", "opened", "pin", "seen"]) {
        let one = ann.act(&ann.path(id, action)).await?.ok()?;
        assert_eq!(one["seen_at"], seen_at, "{action}");
        if action != "seen" {
            assert_eq!(device.expect("notification_updated").await?, one);
        }
    }
    heard_nothing_else(&mut [device]).await?;
    ann.act(READ_ALL).await?.ok()?;
    let unread = ann.act(&ann.path(&all[4], "unread")).await?.ok()?;
    assert_eq!((&unread["seen_at"], &unread["read_at"]), (&seen_at, &Value::Null));
    Ok(())
}

#[tokio::test]
async fn no_change_is_made_that_could_not_be_told() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let mut device = ann.connect().await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let inbox = functions.function("inbox-api").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    for action in ["seen", "clicked", "opened", "pin", "unpin"] {
        // As often as the SDK tries.
        for attempt in 1..=3 {
            proxy.on("GetItem", attempt, Fault::Status(500));
        }
        let event = http_event("POST", &ann.path(&id, action), &ann.token, &[], "");
        answer(&inbox.invoke(event.clone()).await?)?.problem(503, "unavailable")?;
        let repeated = answer(&inbox.invoke(event).await?)?.ok()?;
        assert_eq!(device.expect("notification_updated").await?, repeated, "{action}");
    }
    heard_nothing_else(&mut [device]).await
}

/// Posts one and reads all, while the function's first write waits.
async fn overtake(tenant: &Tenant, ann: &User, proxy: &FaultProxy) -> Result<()> {
    proxy.wait_for("UpdateItem", 1, DEADLINE).await?;
    tenant.producer()?.notify(ann, "quick").await?;
    ann.inbox_of(1).await?;
    ann.act(READ_ALL).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn what_comes_back_while_all_is_read_comes_back_unread() -> Result<()> {
    for by_itself in [true, false] {
        let tenant = Tenant::fresh()?;
        let ann = tenant.user("ann")?;
        let id = filled(&tenant, &ann, 1).await?.remove(0);
        let message = captured(&tenant, &ann, &id, 3).await?;
        let functions = Functions::of(&tenant, Vec::new()).await?;
        let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
        proxy.on("UpdateItem", 1, Fault::Delay(Duration::from_millis(1_500)));
        let name = if by_itself { "dispatch" } else { "inbox-api" };
        let function = functions.function(name).env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
        let event = if by_itself {
            sqs_event(&[&message])
        } else {
            http_event("POST", &ann.path(&id, "unsnooze"), &ann.token, &[], "")
        };
        let (reply, overtaken) = tokio::join!(function.invoke(event), overtake(&tenant, &ann, &proxy));
        overtaken?;
        if by_itself {
            assert!(failed(&reply?).is_empty());
        } else {
            assert_eq!(answer(&reply?)?.ok()?["unread"], true);
        }
        let unread = ann.page("?unread_only=true").await?;
        assert_eq!(ids(list(&unread, "data")?)?, [id], "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn what_comes_back_into_the_archive_is_no_news() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let until = now().as_millisecond() + 60_000;
    let old = aged(&tenant, &id, 31, |row| {
        row.remove("unread");
        row.insert("snoozed_until".into(), AttributeValue::N(until.to_string()));
    });
    let old = old.await?;
    let mut device = ann.connect().await?;
    let back = ann.act(&ann.path(&old, "unsnooze")).await?.ok()?;
    assert_eq!(device.expect("notification_updated").await?, back);
    assert_eq!(ids(list(&ann.page("?archived=true").await?, "data")?)?, [old]);
    heard_nothing_else(&mut [device]).await
}
