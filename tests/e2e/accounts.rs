//! A token limited to one account, and headers that name a tenant.

use anyhow::Result;
use carillon_tests::{Tenant, ids};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_token_of_one_account_sees_and_changes_only_its_rows() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let mut posted = Vec::new();
    for account in ["work", "home"] {
        let recipient = json!({"user_id": "ann", "account_id": account});
        posted.push(
            shop.create(&json!({"type": "chat_message", "recipient": recipient, "title": account})).await?,
        );
    }
    tenant.user("ann")?.inbox_of(2).await?;
    let work = tenant.user_with("ann", |claims| claims["account"] = json!("work"))?;
    assert_eq!((ids(&work.inbox().await?)?, work.unread().await?), (vec![posted[0].clone()], 1));
    work.get(&work.path(&posted[1], "")).await?.problem(404, "not_found")?;
    work.act(&work.path(&posted[1], "read")).await?.problem(404, "not_found")?;
    work.delete(&work.path(&posted[1], "")).await?.problem(404, "not_found")?;
    assert_eq!(tenant.user("ann")?.unread().await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_socket_of_one_account_hears_only_of_its_rows() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let work = tenant.user_with("ann", |claims| claims["account"] = json!("work"))?;
    let (mut limited, mut whole) = (work.connect().await?, tenant.user("ann")?.connect().await?);
    let mut posted = Vec::new();
    for account in ["home", "work"] {
        let recipient = json!({"user_id": "ann", "account_id": account});
        let body = json!({"type": "chat_message", "recipient": recipient, "title": account});
        posted.push(shop.create(&body).await?);
        whole.expect_where("notification", |data| data["title"] == account).await?;
    }
    assert_eq!(limited.expect("notification").await?["id"], json!(posted[1]));
    for id in &posted {
        whole.ask(json!({"action": "mark_read", "notification_id": id})).await?;
    }
    assert_eq!(limited.expect("notification_read").await?["notification_id"], json!(posted[1]));
    assert!(limited.came().await?.is_empty(), "nothing of the other account");
    assert_eq!(ids(&limited.resync(None).await?.notifications)?, [posted[1].as_str()]);
    Ok(())
}

#[tokio::test]
async fn identity_headers_must_agree_with_the_token() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let with = |name: &str, value: &str| {
        let request = ann.request(Method::GET, "/api/notifications").header(name, value);
        ann.send(request)
    };
    assert_eq!(with("x-tenant-id", &tenant.id).await?.status, 200);
    assert_eq!(with("x-user-id", "ann").await?.status, 200);
    for (name, value) in [("x-tenant-id", "acme"), ("x-user-id", "bob"), ("x-account-id", "work")] {
        with(name, value).await?.problem(403, "forbidden")?;
    }
    Ok(())
}

#[tokio::test]
async fn read_all_is_the_same_for_whoever_looks() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let whole = tenant.user("ann")?;
    let work = tenant.user_with("ann", |claims| claims["account"] = json!("work"))?;
    let post = async |account: &str| {
        let recipient = json!({"user_id": "ann", "account_id": account});
        shop.create(&json!({"type": "chat_message", "recipient": recipient, "title": account})).await
    };
    post("work").await?;
    let home = post("home").await?;
    whole.inbox_of(2).await?;
    let (mut limited, mut other) = (work.connect().await?, whole.connect().await?);
    work.act("/api/notifications/read-all").await?.ok()?;
    assert_eq!(other.expect("notifications_read_all").await?["account_id"], json!("work"));
    limited.expect("notifications_read_all").await?;
    assert_eq!((work.unread().await?, whole.unread().await?), (0, 1));
    let unread = whole.page("?unread_only=true").await?;
    assert_eq!((unread["data"][0]["id"].clone(), unread["unread_count"].clone()), (json!(home), json!(1)));

    post("work").await?;
    whole.inbox_of(3).await?;
    assert_eq!((work.unread().await?, whole.unread().await?), (1, 2));
    whole.act("/api/notifications/read-all").await?.ok()?;
    assert_eq!(limited.expect("notifications_read_all").await?["account_id"], json!(null));
    assert_eq!((work.unread().await?, whole.unread().await?), (0, 0));
    Ok(())
}
