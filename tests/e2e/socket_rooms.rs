//! Rooms: what a connection is told, and that they are one's own.

use anyhow::{Context as _, Result};
use carillon_tests::Tenant;
use serde_json::{Value, json};

const LEAVE: &str = r#"{"action": "unsubscribe", "room": "notifications"}"#;

#[tokio::test]
async fn who_left_the_room_is_told_nothing_but_answered_everything() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let (mut quiet, mut other) = (ann.connect().await?, ann.connect().await?);
    quiet.send_text(LEAVE);
    assert_eq!(quiet.expect("unsubscribed").await?["room"], "notifications");
    let id = shop.notify(&ann, "unheard").await?;
    other.expect("notification").await?;
    other.ask(json!({"action": "mark_read", "notification_id": id})).await?;
    ann.act(&ann.path(&id, "archive")).await?.ok()?;
    other.expect("notification_archived").await?;
    assert!(quiet.came().await?.is_empty(), "neither what is new nor what changed");
    // Answers are not told: they come to whoever asks.
    let mine = shop.notify(&ann, "asked for").await?;
    other.expect("notification").await?;
    let missed = quiet.resync(None).await?;
    assert!(missed.notifications.iter().any(|one| one["id"] == json!(mine)));
    assert_eq!(quiet.ask(json!({"action": "get_unread_count"})).await?["count"], 1);
    quiet.expect("unread_count").await?;
    quiet.ask(json!({"action": "mark_read", "notification_id": mine})).await?;
    other.expect("notification_read").await?;

    assert_eq!(
        quiet.ask(json!({"action": "subscribe", "room": "notifications"})).await?["room"],
        "notifications"
    );
    quiet.expect("subscribed").await?;
    let heard = shop.notify(&ann, "heard").await?;
    assert_eq!(quiet.expect("notification").await?["id"], json!(heard));
    assert_eq!(quiet.came().await?, [] as [Value; 0]);
    Ok(())
}

#[tokio::test]
async fn a_room_is_called_by_its_own_users_name_and_by_no_others() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let (mut device, mut bobs) = (ann.connect().await?, tenant.user("bob")?.connect().await?);
    for action in ["unsubscribe", "subscribe"] {
        for room in ["user:ann:notifications", "user:ann:sync", "sync", "notifications"] {
            assert_eq!(device.ask(json!({"action": action, "room": room})).await?["room"], room);
            device.expect(&format!("{action}d")).await?;
        }
        for room in ["user:bob:notifications", "user:bob:sync", "user:ann:b:sync"] {
            let error = device.refused(json!({"action": action, "room": room})).await?;
            assert_eq!(error["code"], "forbidden", "{room}");
        }
        for room in [json!("kitchen"), json!("user:ann:kitchen"), json!(""), json!(7), Value::Null] {
            let error = device.refused(json!({"action": action, "room": room})).await?;
            assert_eq!(error["code"], "invalid_request", "{room}");
        }
    }
    let id = shop.create(&json!({"type": "chat_message", "recipient": "bob", "title": "for bob"})).await?;
    assert_eq!(bobs.expect("notification").await?["id"], json!(id));
    assert!(device.came().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn rooms_outlast_frames_and_go_with_the_connection_or_its_row() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut device = ann.connect().await?;
    device.ask(serde_json::from_str(LEAVE)?).await?;
    let row = tenant.connections("ann", 1).await?.pop().context("no row")?;
    device.came().await?;
    let after = tenant.connections("ann", 1).await?.pop();
    assert_eq!(after.as_ref(), Some(&row), "a frame changes nothing about it");
    // A lost row comes back with the next frame, as that of a new connection.
    let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
    let delete = tenant.aws.dynamodb.delete_item().table_name(tenant.aws.table("Connections")?);
    delete.set_key(Some(key.into())).send().await?;
    device.came().await?;
    let id = shop.notify(&ann, "in the room again").await?;
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    // Leaving puts it back, too.
    let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
    let delete = tenant.aws.dynamodb.delete_item().table_name(tenant.aws.table("Connections")?);
    delete.set_key(Some(key.into())).send().await?;
    device.ask(serde_json::from_str(LEAVE)?).await?;
    assert_eq!(tenant.connections("ann", 1).await?, [row]);
    // Another connection of the same user starts in both.
    let mut next = ann.connect().await?;
    let id = shop.notify(&ann, "new").await?;
    assert_eq!(next.expect("notification").await?["id"], json!(id));
    assert!(device.all("notification").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn who_left_the_room_counts_as_absent_for_push() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    let mut tab = ann.connect().await?;
    tab.ask(serde_json::from_str(LEAVE)?).await?;
    let id = shop.notify(&ann, "nobody looks").await?;
    assert_eq!(tenant.jobs().wait("push", 1).await?[0].id, id);
    tab.ask(json!({"action": "subscribe", "room": "notifications"})).await?;
    let id = shop.notify(&ann, "somebody does").await?;
    shop.delivery(&id, "push", "skipped: online_fallforward").await?;
    Ok(())
}
