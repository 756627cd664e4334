//! What changes on one device shows on all others, and every count agrees at once.

use anyhow::Result;
use carillon_tests::{Socket, Tenant, User, ids};
use serde_json::{Value, json};

async fn counts(user: &User, devices: &mut [Socket]) -> Result<Vec<u64>> {
    let mut counts = vec![user.unread().await?];
    for device in devices {
        device.send(&json!({"action": "get_unread_count"}));
        counts.push(device.expect("unread_count").await?["count"].as_u64().unwrap_or(u64::MAX));
    }
    Ok(counts)
}

/// Two devices and so many notifications that both have got; their ids in the order of posting.
async fn set_up(tenant: &Tenant, count: usize) -> Result<(User, [Socket; 2], Vec<String>)> {
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut devices = [ann.connect().await?, ann.connect().await?];
    let mut posted = Vec::new();
    for index in 0..count {
        let id = shop.notify(&ann, &format!("number {index}")).await?;
        for device in &mut devices {
            device.expect_where("notification", |data| data["id"] == json!(id)).await?;
        }
        posted.push(id);
    }
    Ok((ann, devices, posted))
}

#[tokio::test]
async fn read_on_one_socket_reaches_the_other_and_is_not_echoed() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, mut devices, posted) = set_up(&tenant, 2).await?;
    let [phone, laptop] = &mut devices;
    phone.ask(json!({"action": "mark_read", "notification_id": posted[0]})).await?;
    // Acked means done, for everybody.
    assert_eq!(ann.unread().await?, 1);
    let event = laptop.expect("notification_read").await?;
    assert_eq!(event["notification_id"], json!(posted[0]));
    let stored = ann.get(&ann.path(&posted[0], "")).await?.ok()?;
    assert_eq!(event["read_at"], stored["read_at"]);
    assert!(phone.all("notification_read").await?.is_empty(), "the originator is acked, not echoed");
    assert_eq!(counts(&ann, &mut devices).await?, [1, 1, 1]);
    Ok(())
}

#[tokio::test]
async fn read_by_rest_reaches_all_sockets() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, mut devices, posted) = set_up(&tenant, 2).await?;
    ann.act(&ann.path(&posted[1], "read")).await?.ok()?;
    assert_eq!(counts(&ann, &mut devices).await?, [1, 1, 1]);
    for device in &mut devices {
        assert_eq!(device.expect("notification_read").await?["notification_id"], json!(posted[1]));
    }
    Ok(())
}

#[tokio::test]
async fn every_change_by_rest_is_an_event() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, mut devices, posted) = set_up(&tenant, 3).await?;
    ann.act(&ann.path(&posted[0], "read")).await?.ok()?;
    ann.act(&ann.path(&posted[0], "unread")).await?.ok()?;
    ann.act(&ann.path(&posted[1], "archive")).await?.ok()?;
    let bulk = json!({"notification_ids": [posted[0], posted[2]]});
    ann.post("/api/notifications/bulk-read", &bulk).await?.ok()?;
    ann.delete(&ann.path(&posted[2], "")).await?;
    ann.act("/api/notifications/read-all").await?.ok()?;
    for device in &mut devices {
        let of = |id: &str| json!(id);
        assert_eq!(device.expect("notification_read").await?["notification_id"], of(&posted[0]));
        assert_eq!(device.expect("notification_unread").await?["notification_id"], of(&posted[0]));
        assert_eq!(device.expect("notification_archived").await?["notification_id"], of(&posted[1]));
        let mut read = device.expect("notifications_bulk_read").await?["notification_ids"].clone();
        if let Some(read) = read.as_array_mut() {
            read.sort_by_key(Value::to_string);
        }
        assert_eq!(read, json!([posted[0], posted[2]]));
        assert_eq!(device.expect("notification_deleted").await?["notification_id"], of(&posted[2]));
    }
    Ok(())
}

#[tokio::test]
async fn read_all_empties_the_count_everywhere_at_once() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, mut devices, posted) = set_up(&tenant, 3).await?;
    assert_eq!(ann.act("/api/notifications/read-all").await?.ok()?["unread_count"], 0);
    assert_eq!(counts(&ann, &mut devices).await?, [0, 0, 0]);
    for device in &mut devices {
        device.expect("notifications_read_all").await?;
    }
    let inbox = ann.inbox().await?;
    assert!(inbox.iter().all(|stored| stored["unread"] == false), "{inbox:?}");
    // What comes later is unread, and one may be made unread again.
    let late = tenant.producer()?.notify(&ann, "late").await?;
    for device in &mut devices {
        device
            .expect_where("notification", |data| data["id"] == json!(late) && data["unread"] == true)
            .await?;
    }
    assert_eq!(counts(&ann, &mut devices).await?, [1, 1, 1]);
    ann.act(&ann.path(&posted[0], "unread")).await?.ok()?;
    assert_eq!(counts(&ann, &mut devices).await?, [2, 2, 2]);
    let unread = ann.page("?unread_only=true").await?;
    let mut unread = ids(carillon_tests::list(&unread, "data")?)?;
    unread.sort();
    assert_eq!(unread, [posted[0].clone(), late]);
    Ok(())
}
