//! What was never stored, and that its producer can see why.

use anyhow::Result;
use carillon_tests::{Tenant, ids};
use serde_json::{Value, json};

fn path(id: &str) -> String {
    format!("/v1/notifications/{id}")
}

#[tokio::test]
async fn what_nobody_wants_is_not_stored_and_says_so() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    tenant.admin()?.put("/v1/types/app_update", &json!({"enabled": false})).await?.ok()?;
    let wishes = json!({
        "types": {"chat_message": {"enabled": false}}, "silenced_senders": ["Spam Inc", "spam@example.com"],
        "silenced_folders": ["[Gmail]/Spam"],
    });
    ann.prefer(&wishes).await?;
    let mut tab = ann.connect().await?;
    let post = |kind: &str, more: &Value| {
        let mut body = json!({"type": kind, "recipient": "ann", "title": "x"});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let cases = [
        (post("chat_message", &json!({})), "type_opted_out", vec!["in_app", "push"]),
        (post("sync_complete", &json!({})), "not_opted_in", vec!["in_app", "push", "email"]),
        (post("system_maintenance", &json!({})), "not_opted_in", vec!["in_app"]),
        (post("app_update", &json!({})), "type_disabled", vec!["in_app", "push"]),
        (
            post("new_message", &json!({"sender": {"name": "Spam Inc"}})),
            "sender_silenced",
            vec!["in_app", "push", "email"],
        ),
        (
            post("new_message", &json!({"sender": {"name": "Bob", "email": "spam@example.com"}})),
            "sender_silenced",
            vec!["in_app", "push", "email"],
        ),
        (
            post("new_message", &json!({"sender": {"name": "Bob"}, "folder": "[Gmail]/Spam"})),
            "folder_silenced",
            vec!["in_app", "push", "email"],
        ),
    ];
    for (body, reason, mut channels) in cases {
        let id = shop.create(&body).await?;
        let trace = shop.trace(&id).await?;
        let deliveries = trace["deliveries"].as_object().cloned().unwrap_or_default();
        for (channel, delivery) in &deliveries {
            let state = (&delivery["state"], &delivery["reason"], &delivery["attempts"]);
            assert_eq!(state, (&json!("skipped"), &json!(reason), &json!(0)), "{channel} of {body}");
        }
        let mut traced: Vec<&String> = deliveries.keys().collect();
        traced.sort();
        channels.sort_unstable();
        assert_eq!(traced, channels, "{body}");
        assert_eq!((&trace["id"], &trace["type"]), (&json!(id), &body["type"]));
        assert_eq!((&trace["user_id"], &trace["account_id"]), (&json!("ann"), &Value::Null));
        assert!(trace["created_at"].is_string() && trace["priority"].is_string(), "{trace}");
    }
    // Exactly these, and not what only looks like them.
    let near = json!({"sender": {"name": "Spam Inc."}, "folder": "[Gmail]"});
    let id = shop.create(&post("new_message", &near)).await?;
    assert_eq!(tab.expect("notification").await?["id"], json!(id));
    assert!(tab.all("notification").await?.is_empty());
    assert_eq!(ids(&ann.inbox().await?)?, [id.as_str()]);
    assert_eq!((tenant.rows("Inbox", "ann").await?.len(), ann.unread().await?), (1, 1));
    assert!(tenant.jobs().all("push").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn who_opted_in_gets_it() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.prefer(&json!({"types": {"system_maintenance": {"enabled": true}}})).await?;
    let body = json!({"type": "system_maintenance", "recipients": ["ann", "bob"], "title": "Sunday"});
    let posted = shop.post("/v1/notifications", &body).await?.ok()?;
    let id = |index: usize| posted["ids"][index].as_str().unwrap_or_default();
    shop.delivery(id(0), "in_app", "sent").await?;
    shop.delivery(id(1), "in_app", "skipped: not_opted_in").await?;
    assert_eq!(ids(&ann.inbox().await?)?, [id(0)]);
    assert!(tenant.user("bob")?.inbox().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_reason_is_the_posters_own_or_an_admins() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let shop = tenant.producer()?;
    let body = json!({"type": "message_sent", "recipient": "ann", "title": "x", "account_id": "work"});
    let id = shop.create(&body).await?;
    assert_eq!(shop.trace(&id).await?["account_id"], "work");
    tenant.producer_with("billing", |_| {})?.get(&path(&id)).await?.problem(404, "not_found")?;
    assert_eq!(tenant.admin()?.get(&path(&id)).await?.ok()?["id"], json!(id));
    for stranger in [other.producer()?, other.admin()?] {
        stranger.get(&path(&id)).await?.problem(404, "not_found")?;
    }
    Ok(())
}
