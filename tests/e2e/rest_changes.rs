//! What is changed of one notification by REST, and who is told.

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{Tenant, ids, list};
use serde_json::{Value, json};

use crate::rest_support::{filled, heard_nothing_else, limited, of_account, row};

/// Everything that can be done to one notification by a POST without body.
const ACTIONS: [&str; 10] =
    ["read", "unread", "archive", "unarchive", "seen", "opened", "clicked", "pin", "unpin", "unsnooze"];

#[tokio::test]
async fn every_change_answers_the_notification_and_is_told_once_to_ones_own_devices() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (ann, bob, namesake) = (tenant.user("ann")?, tenant.user("bob")?, other.user("ann")?);
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let mut devices = [ann.connect().await?, ann.connect().await?];
    let mut strangers = [bob.connect().await?, namesake.connect().await?];
    let updated = "notification_updated";
    let steps = [
        ("seen", "seen_at", true, updated, 1),
        ("opened", "opened_at", true, updated, 1),
        ("clicked", "clicked_at", true, updated, 1),
        ("pin", "pinned_at", true, updated, 1),
        ("unpin", "pinned_at", false, updated, 1),
        ("archive", "archived_at", true, "notification_archived", 0),
        ("unarchive", "archived_at", false, updated, 1),
        ("read", "read_at", true, "notification_read", 0),
        ("archive", "archived_at", true, "notification_archived", 0),
        ("unarchive", "archived_at", false, updated, 0),
        ("unread", "read_at", false, "notification_unread", 1),
    ];
    for (action, field, set, event, unread) in steps {
        let first = ann.act(&ann.path(&id, action)).await?.ok()?;
        assert_eq!(first[field].is_string(), set, "{action}: {first}");
        assert_eq!((&first["id"], ann.unread().await?), (&json!(id), unread), "{action}");
        let current = if first["archived_at"].is_null() { "" } else { "?archived=true" };
        assert_eq!(list(&ann.page(current).await?, "data")?, std::slice::from_ref(&first), "{action}");
        for device in &mut devices {
            let told = device.expect(event).await?;
            if event == updated {
                assert_eq!(told, first, "{action}");
            } else {
                assert_eq!(told["notification_id"], json!(id), "{action}");
            }
        }
        assert_eq!(ann.act(&ann.path(&id, action)).await?.ok()?, first, "{action} again");
        assert_eq!(ann.unread().await?, unread, "{action} again");
    }
    heard_nothing_else(&mut devices).await?;
    heard_nothing_else(&mut strangers).await
}

#[tokio::test]
async fn seen_clicked_and_opened_do_not_read_but_reading_is_seeing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 3).await?;
    for (id, action) in all.iter().zip(["clicked", "opened", "read"]) {
        let after = ann.act(&ann.path(id, action)).await?.ok()?;
        assert!(after["seen_at"].is_string(), "{action}: {after}");
        assert_eq!(after["unread"], action != "read", "{action}");
        let earlier = after["seen_at"].clone();
        assert_eq!(ann.act(&ann.path(id, "seen")).await?.ok()?["seen_at"], earlier, "the first time counts");
    }
    assert_eq!(ann.unread().await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_change_is_told_as_it_stands_after_a_read_all() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let read_at = ann.act("/api/notifications/read-all").await?.ok()?["read_at"].clone();
    let mut device = ann.connect().await?;
    let pinned = ann.act(&ann.path(&id, "pin")).await?.ok()?;
    assert_eq!((&pinned["unread"], &pinned["read_at"]), (&json!(false), &read_at));
    assert_eq!(device.expect("notification_updated").await?, pinned);
    Ok(())
}

#[tokio::test]
async fn a_device_of_one_account_is_told_of_that_one_only() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let id = of_account(&tenant, "work").await?;
    let ann = tenant.user("ann")?;
    ann.inbox_of(1).await?;
    let (work, home) = (limited(&tenant, "work")?, limited(&tenant, "home")?);
    let mut told = [ann.connect().await?, work.connect().await?];
    let mut not_told = [home.connect().await?];
    let until = json!({"until": "2099-01-01T00:00:00Z"});
    home.act(&home.path(&id, "pin")).await?.problem(404, "not_found")?;
    home.post(&home.path(&id, "snooze"), &until).await?.problem(422, "invalid_request")?;
    let pinned = work.act(&work.path(&id, "pin")).await?.ok()?;
    for device in &mut told {
        assert_eq!(device.expect("notification_updated").await?, pinned);
    }
    heard_nothing_else(&mut told).await?;
    heard_nothing_else(&mut not_told).await
}

#[tokio::test]
async fn nothing_is_changed_of_what_is_somebody_elses_or_gone() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (ann, bob, namesake) = (tenant.user("ann")?, tenant.user("bob")?, other.user("ann")?);
    let of_bob = filled(&tenant, &bob, 1).await?.remove(0);
    let of_namesake = filled(&other, &namesake, 1).await?.remove(0);
    let gone = filled(&tenant, &ann, 1).await?.remove(0);
    assert_eq!(ann.delete(&ann.path(&gone, "")).await?.status, 204);
    let mut devices = [ann.connect().await?, bob.connect().await?, namesake.connect().await?];
    let before = (bob.inbox().await?, namesake.inbox().await?);
    let soon = carillon_tests::now().checked_add(jiff::SignedDuration::from_secs(60))?;
    let until = json!({"until": soon.to_string()});
    for id in [of_bob.as_str(), &of_namesake, &gone, "ntf_x", "%20"] {
        for action in ACTIONS {
            ann.act(&ann.path(id, action)).await?.problem(404, "not_found")?;
        }
        ann.post(&ann.path(id, "snooze"), &until).await?.problem(404, "not_found")?;
    }
    assert_eq!((bob.inbox().await?, namesake.inbox().await?), before);
    assert_eq!((ann.unread().await?, ann.inbox().await?), (0, Vec::new()), "nothing brings it back");
    heard_nothing_else(&mut devices).await
}

/// Gives a notification a push that the provider took: nothing sends one here.
async fn push_sent(tenant: &Tenant, id: &str) -> Result<()> {
    let mut row = row(tenant, "ann", id).await?;
    let state = AttributeValue::S("sent".to_owned());
    let at = AttributeValue::N("1".to_owned());
    let sent = [("state", state), ("attempts", AttributeValue::N("1".to_owned())), ("at", at)];
    let sent = sent.map(|(name, value)| (name.to_owned(), value)).into();
    if let Some(AttributeValue::M(deliveries)) = row.get_mut("deliveries") {
        deliveries.insert("push".to_owned(), AttributeValue::M(sent));
    }
    tenant.aws.put("Inbox", row).await
}

#[tokio::test]
async fn an_opened_push_is_noted_on_the_delivery_and_only_forward() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    ann.act(&ann.path(&id, "opened")).await?.ok()?;
    shop.delivery(&id, "push", "skipped").await?;
    push_sent(&tenant, &id).await?;
    ann.act(&ann.path(&id, "opened")).await?.ok()?;
    shop.delivery(&id, "push", "opened").await?;
    Ok(())
}

#[tokio::test]
async fn pinned_ones_keep_their_place_and_can_be_asked_for() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 3).await?;
    ann.act(&ann.path(&all[2], "pin")).await?.ok()?;
    assert_eq!(ids(&ann.inbox().await?)?, all);
    assert_eq!(ids(list(&ann.page("?pinned=true").await?, "data")?)?, [all[2].clone()]);
    assert_eq!(ids(list(&ann.page("?pinned=false").await?, "data")?)?, all[..2]);
    let read = ann.act(&ann.path(&all[2], "read")).await?.ok()?;
    assert_eq!(read["pinned_at"], ann.page("?pinned=true").await?["data"][0]["pinned_at"]);
    assert_ne!(read["pinned_at"], Value::Null);
    Ok(())
}
