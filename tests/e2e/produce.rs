//! Posting and what the producer can see of it.

use anyhow::Result;
use carillon_tests::{Tenant, ids, list, text};
use serde_json::json;

#[tokio::test]
async fn a_post_reaches_the_inbox_the_socket_and_the_trace() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann@example.com")?, tenant.producer()?);
    let mut device = ann.connect().await?;
    let id = shop
        .create(&json!({
            "type": "booking_confirmed", "recipient": {"user_id": ann.id}, "title": "Sea view",
            "body": "Two nights", "data": {"booking": {"id": 7}, "empty": null}, "tags": ["exec:42"],
            "priority": "urgent", "actor_id": "host-1", "sender": {"name": "Host", "email": "host@example.com"},
            "folder": "trips", "action_url": "/bookings/7", "image_url": "https://img.example.com/7.png",
        }))
        .await?;
    assert!(id.starts_with("ntf_"), "{id}");

    let live = device.expect("notification").await?;
    let stored = ann.get(&ann.path(&id, "")).await?.ok()?;
    assert_eq!(live, stored, "the socket gives what REST gives");
    let expected = json!({
        "id": id, "type": "booking_confirmed", "category": "transactional", "priority": "critical",
        "title": "Sea view", "body": "Two nights", "data": {"booking": {"id": 7}, "empty": null},
        "tags": ["exec:42"], "actor_id": "host-1", "sender": {"name": "Host", "email": "host@example.com"},
        "folder": "trips", "account_id": null, "org_id": null, "action_url": "/bookings/7",
        "image_url": "https://img.example.com/7.png", "unread": true, "seen_at": null, "read_at": null,
        "clicked_at": null, "opened_at": null, "archived_at": null, "pinned_at": null, "snoozed_until": null,
        "created_at": stored["created_at"],
    });
    assert_eq!(stored, expected);
    let created = text(&stored, "created_at")?;
    assert!(created.len() == 24 && created.ends_with('Z'), "RFC 3339, UTC, milliseconds: {created}");
    assert_eq!(ann.inbox().await?, [stored]);

    let trace = shop.trace(&id).await?;
    assert_eq!((&trace["id"], &trace["title"]), (&json!(id), &json!("Sea view")));
    assert_eq!(trace["deliveries"]["in_app"]["state"], "sent");
    assert_eq!(trace["deliveries"]["in_app"]["attempts"], 1);
    for channel in ["push", "email"] {
        assert_eq!(trace["deliveries"][channel]["state"], "skipped", "{channel} of {trace}");
        assert_eq!(trace["deliveries"][channel]["reason"], "no_address");
    }
    Ok(())
}

#[tokio::test]
async fn a_recipient_may_be_just_an_id_and_an_in_app_type_has_one_delivery() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let id = shop.create(&json!({"type": "invoice_created", "recipient": "ann", "title": "May"})).await?;
    let stored = ann.inbox_of(1).await?;
    assert_eq!((&stored[0]["id"], &stored[0]["priority"]), (&json!(id), &json!("low")));
    let deliveries = shop.trace(&id).await?["deliveries"].clone();
    let channels = deliveries.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
    assert_eq!(channels, Some(vec!["in_app".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn channels_narrow_but_never_remove_the_inbox() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let body = json!({"type": "booking_confirmed", "recipient": "ann", "title": "x", "channels": ["email"]});
    let id = shop.create(&body).await?;
    ann.inbox_of(1).await?;
    let deliveries = shop.trace(&id).await?["deliveries"].clone();
    assert_eq!(deliveries["in_app"]["state"], "sent");
    assert_eq!(deliveries["push"]["reason"], "not_requested");
    assert_eq!(deliveries["email"]["reason"], "no_address");
    Ok(())
}

#[tokio::test]
async fn a_hundred_recipients_get_one_each_under_ids_in_their_order() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let users: Vec<String> = (0..100).map(|index| format!("user-{index}")).collect();
    let body = json!({"type": "app_update", "recipients": users, "title": "2.0", "body": "x".repeat(500)});
    let answer = shop.post("/v1/notifications", &body).await?;
    assert_eq!(answer.status, 202);
    let given = list(&answer.body, "ids")?;
    assert_eq!(given.len(), 100);
    for (user, id) in users.iter().zip(given) {
        let inbox = tenant.user(user)?.inbox_of(1).await?;
        assert_eq!(ids(&inbox)?, [id.as_str().unwrap_or_default()], "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn the_trace_is_the_posters_own_or_an_admins() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let id = shop.notify(&ann, "x").await?;
    shop.trace(&id).await?;
    let path = format!("/v1/notifications/{id}");
    let other = tenant.producer_with("billing", |_| {})?;
    other.get(&path).await?.problem(404, "not_found")?;
    let admin = |claims: &mut serde_json::Value| claims["scope"] = json!("notifications:admin");
    assert_eq!(tenant.producer_with("ops", admin)?.get(&path).await?.ok()?["id"], json!(id));
    let stranger = Tenant::fresh()?.producer_with("shop", admin)?;
    stranger.get(&path).await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn a_trace_before_dispatch_says_when_to_ask_again() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let never_posted = format!("ntf_{}YW5u", ulid::Ulid::generate());
    let answer = tenant.producer()?.get(&format!("/v1/notifications/{never_posted}")).await?;
    answer.problem(404, "not_found")?;
    assert_eq!(answer.header("retry-after"), Some("1"));
    Ok(())
}

#[tokio::test]
async fn what_was_sent_cannot_be_cancelled() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let id = shop.notify(&ann, "x").await?;
    ann.inbox_of(1).await?;
    shop.act(&format!("/v1/notifications/{id}/cancel")).await?.problem(409, "already_sent")?;
    assert_eq!(ann.inbox().await?.len(), 1);
    Ok(())
}
