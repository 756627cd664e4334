//! Who is connected, and when that ends.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{DEADLINE, Functions, Row, Tenant, eventually, now};
use serde_json::json;

use crate::outages::frame_event;

fn id(row: &Row) -> Option<&String> {
    row.get("sk").and_then(|id| id.as_s().ok())
}

#[tokio::test]
async fn a_connection_has_a_row_until_it_ends() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let rows = tenant.rows("Connections", "ann").await?;
    assert_eq!(rows.len(), 1, "there before the upgrade is complete");
    assert!(rows[0].contains_key("purge_at"));
    device.close();
    device.closed(DEADLINE).await?;
    tenant.connections("ann", 0).await?;
    Ok(())
}

#[tokio::test]
async fn a_reset_connection_leaves_no_row_and_the_others_stay() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let (mut phone, mut laptop) = (ann.connect().await?, ann.connect().await?);
    tenant.connections("ann", 2).await?;
    phone.vanish();
    phone.closed(DEADLINE).await?;
    tenant.connections("ann", 1).await?;
    let posted = tenant.producer()?.notify(&ann, "still here").await?;
    assert_eq!(laptop.expect("notification").await?["id"], json!(posted));
    Ok(())
}

#[tokio::test]
async fn a_post_answered_410_removes_the_row_unless_it_is_new() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let live = tenant.connections("ann", 1).await?.pop().context("no row")?;
    let now = now().as_millisecond();
    for (gone, age_ms) in [("gone-long-ago=", 60_000), ("just-opened=", 0)] {
        let mut row = live.clone();
        row.insert("sk".to_owned(), AttributeValue::S(gone.to_owned()));
        row.insert("connected_at".to_owned(), AttributeValue::N((now - age_ms).to_string()));
        tenant.aws.put("Connections", row).await?;
    }
    tenant.producer()?.notify(&ann, "x").await?;
    device.expect("notification").await?;
    let left = tenant.connections("ann", 2).await?;
    assert!(left.iter().any(|row| id(row) == id(&live)));
    assert!(left.iter().any(|row| id(row).is_some_and(|id| id == "just-opened=")));
    // A change by REST posts to the same connections.
    let mut row = live.clone();
    row.insert("sk".to_owned(), AttributeValue::S("gone-too=".to_owned()));
    row.insert("connected_at".to_owned(), AttributeValue::N((now - 60_000).to_string()));
    tenant.aws.put("Connections", row).await?;
    ann.act("/api/notifications/read-all").await?.ok()?;
    device.expect("notifications_read_all").await?;
    tenant.connections("ann", 2).await?;
    Ok(())
}

#[tokio::test]
async fn any_frame_of_a_client_restores_its_row() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let row = tenant.connections("ann", 1).await?.pop().context("no row")?;
    let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
    let delete = tenant.aws.dynamodb.delete_item().table_name(tenant.aws.table("Connections")?);
    delete.set_key(Some(key.into())).send().await?;
    device.came().await?;
    let restored = tenant.connections("ann", 1).await?.pop().context("no row")?;
    assert_eq!(id(&restored), id(&row));
    let posted = tenant.producer()?.notify(&ann, "x").await?;
    assert_eq!(device.expect("notification").await?["id"], json!(posted));
    Ok(())
}

#[tokio::test]
async fn a_frame_that_is_handled_after_the_disconnect_leaves_no_row() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let message = Functions::of(&tenant, Vec::new()).await?.function("ws-message").start().await?;
    // Of a connection that nobody has.
    for action in [
        json!({"action": "ping"}),
        json!({"action": "get_unread_count"}),
        json!({"action": "unsubscribe", "room": "sync"}),
        json!({"action": "subscribe", "room": "notifications"}),
    ] {
        let reply = message.invoke(frame_event(&tenant, &action)).await?;
        assert_eq!(reply["statusCode"], 200, "{action}: {reply}");
        assert!(tenant.rows("Connections", "ann").await?.is_empty(), "{action}");
    }
    Ok(())
}

#[tokio::test]
async fn the_eleventh_connection_closes_the_oldest() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut devices = Vec::new();
    for _ in 0..10 {
        devices.push(ann.connect().await?);
    }
    let ten = tenant.connections("ann", 10).await?;
    assert!(devices.iter().all(carillon_tests::Socket::is_open));
    let mut eleventh = ann.connect().await?;
    devices[0].closed(DEADLINE).await?;
    let left = tenant.connections("ann", 10).await?;
    assert_eq!(left.iter().filter(|row| ten.iter().any(|old| id(old) == id(row))).count(), 9);
    let posted = tenant.producer()?.notify(&ann, "x").await?;
    for device in devices[1..].iter_mut().chain([&mut eleventh]) {
        assert_eq!(device.expect("notification").await?["id"], json!(posted));
    }
    Ok(())
}

#[tokio::test]
async fn a_socket_ends_when_its_token_does() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let end = now().as_second() + 4;
    let short = tenant.user_with("ann", |claims| claims["exp"] = json!(end))?;
    let mut ends = short.connect().await?;
    let mut stays = tenant.user("ann")?.connect().await?;
    assert!(ends.is_open());
    ends.closed(DEADLINE).await?;
    let late = now().as_second() - end;
    assert!((0..=10).contains(&late), "closed {late} s after its token ended");
    tenant.connections("ann", 1).await?;
    stays.came().await?;
    assert!(stays.is_open());
    Ok(())
}

#[tokio::test]
async fn a_frame_after_the_tokens_end_is_refused() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let end = now().as_millisecond() + 3_000;
    let short = tenant.user_with("ann", |claims| claims["exp"] = json!(end / 1000))?;
    let mut device = short.connect().await?;
    // Whichever comes first: the refusal of a frame, or the close.
    let refused = eventually("the end", async || {
        if !device.is_open() {
            return Ok(Some(true));
        }
        device.send(&json!({"action": "get_unread_count"}));
        let counted = tokio::time::timeout(Duration::from_secs(2), device.expect("unread_count")).await;
        let in_time = now().as_millisecond() < end + 6_000;
        anyhow::ensure!(in_time || !matches!(counted, Ok(Ok(_))), "still served after the token's end");
        Ok(None)
    });
    assert!(refused.await?);
    Ok(())
}
