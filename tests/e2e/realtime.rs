//! The socket's protocol: actions, acks, errors, resync.

use std::collections::HashSet;

use anyhow::Result;
use carillon_tests::{Tenant, ids, text};
use serde_json::{Value, json};

#[tokio::test]
async fn ping_is_answered_with_pong_and_an_ack_where_an_id_asks_for_one() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let mut device = tenant.user("ann")?.connect().await?;
    device.send(&json!({"action": "ping", "timestamp": 17}));
    assert_eq!(device.expect("pong").await?["timestamp"], 17);
    device.send(&json!({"action": "ping", "timestamp": "t", "id": "p1"}));
    assert_eq!(device.expect("pong").await?["timestamp"], "t");
    let ack = device.expect("ack").await?;
    assert_eq!((&ack["id"], &ack["action"]), (&json!("p1"), &json!("ping")));
    assert!(text(&ack, "server_time")?.ends_with('Z'), "{ack}");
    assert_eq!(device.all("ack").await?.len(), 0, "no ack where none was asked for");
    Ok(())
}

#[tokio::test]
async fn an_action_without_another_reply_is_acked_even_without_an_id() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let id = tenant.producer()?.notify(&ann, "x").await?;
    device.expect("notification").await?;
    device.send(&json!({"action": "mark_read", "notification_id": id}));
    assert_eq!(device.expect("ack").await?["action"], "mark_read");
    assert_eq!(ann.unread().await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_understood_is_an_error_and_the_connection_stays() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let mut device = tenant.user("ann")?.connect().await?;
    let too_large = json!({"action": "ping", "timestamp": "x".repeat(16 * 1024)}).to_string();
    let cases = [
        ("not json", "bad_json"),
        ("", "bad_json"),
        ("[1, 2", "bad_json"),
        (r#"{"action": "fly"}"#, "unknown_action"),
        (r#"{"action": "mark_read"}"#, "invalid_request"),
        (r#"{"action": "mark_read", "notification_id": 7}"#, "invalid_request"),
        (r#"{"action": "resync", "last_sync_at": "yesterday"}"#, "invalid_request"),
        (&too_large, "frame_too_large"),
    ];
    for (frame, code) in cases {
        if frame.is_empty() {
            continue; // an empty frame reaches no function
        }
        device.send_text(frame);
        let error = device.expect("error").await?;
        assert_eq!(error["code"], code, "{}: {error}", &frame[..frame.len().min(60)]);
        assert!(!text(&error, "detail")?.is_empty());
    }
    for frame in ["[]", "7", "{}"] {
        device.send_text(frame);
        let code = device.expect("error").await?["code"].clone();
        assert!(
            ["bad_json", "unknown_action", "invalid_request"].map(Value::from).contains(&code),
            "{frame}: {code}"
        );
    }
    device.send(&json!({"action": "fly", "id": "f1"}));
    assert_eq!(device.expect("error").await?["id"], "f1");
    assert_eq!(device.came().await?, [] as [Value; 0]);
    assert!(device.is_open());
    Ok(())
}

#[tokio::test]
async fn the_count_on_the_socket_is_the_one_of_rest() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let shop = tenant.producer()?;
    let mut device = ann.connect().await?;
    device.send(&json!({"action": "get_unread_count"}));
    assert_eq!(device.expect("unread_count").await?["count"], 0);
    shop.notify(&ann, "a").await?;
    shop.notify(&ann, "b").await?;
    ann.inbox_of(2).await?;
    device.send(&json!({"action": "get_unread_count", "id": "c1"}));
    assert_eq!(device.expect("unread_count").await?["count"], 2);
    assert_eq!(device.expect("ack").await?["id"], "c1");
    Ok(())
}

#[tokio::test]
async fn what_came_while_offline_is_replayed_in_order_and_once() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut before = ann.connect().await?;
    let nothing = before.resync(None).await?;
    assert_eq!((nothing.notifications.len(), nothing.pages), (0, 1));
    let since = text(&nothing.last, "server_time")?.to_owned();
    before.close();
    before.closed(carillon_tests::DEADLINE).await?;

    let mut posted = Vec::new();
    for index in 0..7 {
        posted.push(shop.notify(&ann, &format!("number {index}")).await?);
    }
    ann.inbox_of(7).await?;
    let mut after = ann.connect().await?;
    for since in [None, Some(since.as_str())] {
        let missed = after.resync(since).await?;
        assert_eq!(ids(&missed.notifications)?, posted, "oldest first, each once");
        assert_eq!(missed.last["unread_count"], 7);
    }
    // What is replayed is what would have come live.
    let live = shop.notify(&ann, "live").await?;
    let frame = after.expect_where("notification", |data| data["id"] == json!(live)).await?;
    let replayed = after.resync(Some(&since)).await?.notifications;
    assert_eq!(replayed.last(), Some(&frame));
    // The last of those from before may have been on its way when the device connected; none comes live twice.
    let mut also = ids(&after.all("notification").await?)?;
    also.push(live);
    let distinct: HashSet<&String> = also.iter().collect();
    assert_eq!(distinct.len(), also.len(), "{also:?}");
    Ok(())
}

#[tokio::test]
async fn a_long_absence_comes_in_pages_that_fit_a_frame() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut posted = Vec::new();
    for index in 0..12 {
        let body = json!({
            "type": "chat_message", "recipient": "ann", "title": format!("number {index}"), "body": "x".repeat(25_000),
        });
        posted.push(shop.create(&body).await?);
    }
    ann.inbox_of(12).await?;
    let mut device = ann.connect().await?;
    let missed = device.resync(None).await?;
    assert_eq!(ids(&missed.notifications)?, posted);
    assert!(missed.pages >= 3, "{} pages of at most 100 KB", missed.pages);
    Ok(())
}

#[tokio::test]
async fn an_inbox_only_type_is_posted_to_sockets_too() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let id = tenant
        .producer()?
        .create(&json!({"type": "invoice_created", "recipient": "ann", "title": "May"}))
        .await?;
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    Ok(())
}
