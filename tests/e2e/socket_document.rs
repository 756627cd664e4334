//! `docs/asyncapi.yaml` says what is so: every socket of this suite checks what it receives, and here is seen that this
//! is all there is.

use std::collections::BTreeSet;

use anyhow::Result;
use carillon_tests::{AsyncApi, Tenant};
use serde_json::{Value, json};

#[tokio::test]
async fn every_action_is_understood_as_the_document_shows_it() -> Result<()> {
    let (api, tenant) = (AsyncApi::get()?, Tenant::fresh()?);
    let mut device = tenant.user("ann")?.connect().await?;
    for action in api.names("action") {
        for example in api.examples(action)? {
            let mut example = example.clone();
            api.check_action(&example)?;
            example["id"] = json!(action);
            // The examples' notification is not there.
            if ["mark_read", "mark_unread", "archive"].contains(&action) {
                assert_eq!(device.refused(example).await?["code"], "not_found", "{action}");
            } else {
                device.ask(example).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_event_of_the_document_comes() -> Result<()> {
    let (api, tenant) = (AsyncApi::get()?, Tenant::fresh()?);
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut device = ann.connect().await?;
    let mut came = BTreeSet::new();
    let id = shop.notify(&ann, "one").await?;
    let other = shop.notify(&ann, "two").await?;
    ann.inbox_of(2).await?;
    device.expect("notification").await?;
    came.insert("notification");
    let path = |action| ann.path(&id, action);
    let bulk = json!({"notification_ids": [id]});
    ann.act("/api/notifications/seen-all").await?.ok()?;
    ann.post("/api/notifications/bulk-read", &bulk).await?.ok()?;
    for action in ["unread", "read", "pin", "archive"] {
        ann.act(&path(action)).await?.ok()?;
    }
    ann.act("/api/notifications/read-all").await?.ok()?;
    anyhow::ensure!(ann.delete(&ann.path(&other, "")).await?.status == 204);
    for action in [
        json!({"action": "resync"}),
        json!({"action": "get_unread_count"}),
        json!({"action": "ping"}),
        json!({"action": "unsubscribe", "room": "sync"}),
        json!({"action": "subscribe", "room": "sync"}),
    ] {
        device.ask(action).await?;
    }
    came.insert("ack");
    device.refused(json!({"action": "fly"})).await?;
    came.insert("error");
    for event in api.names("event") {
        if !came.contains(event) {
            device.expect(event).await?;
        }
    }
    Ok(())
}

#[test]
fn what_the_document_does_not_say_is_told_apart() -> Result<()> {
    let api = AsyncApi::get()?;
    let right = json!({"event": "unread_count", "data": {"count": 1}});
    api.check_event(&right)?;
    let wrong: [Value; 6] = [
        json!({"event": "unread_count", "data": {"count": -1}}),
        json!({"event": "unread_count", "data": {"count": 1, "more": 1}}),
        json!({"event": "unread_count", "data": {}}),
        json!({"event": "unread_count", "data": {"count": 1}, "id": 1}),
        json!({"event": "ping", "data": {}}),
        json!({"event": "ack", "data": {"id": 1, "action": "mark_read", "server_time": "2026-01-01T00:00:00.000Z"}}),
    ];
    for frame in wrong {
        assert!(api.check_event(&frame).is_err(), "{frame}");
    }
    Ok(())
}
