//! Seen-all.

use anyhow::Result;
use carillon_tests::{Tenant, list, now, text};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::rest_support::{filled, heard_nothing_else, limited, of_account};

const SEEN_ALL: &str = "/api/notifications/seen-all";

#[tokio::test]
async fn all_that_is_there_is_seen_and_nothing_becomes_read() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 3).await?;
    let first = ann.act(&ann.path(&all[2], "seen")).await?.ok()?["seen_at"].clone();
    let (mut device, mut bobs) = (ann.connect().await?, [tenant.user("bob")?.connect().await?]);
    let seen = ann.act(SEEN_ALL).await?.ok()?;
    let seen_at = json!(text(&seen, "seen_at")?);
    let told = device.expect("notifications_seen_all").await?;
    assert_eq!(told, json!({"seen_at": seen_at, "account_id": null}));
    let page = ann.page("").await?;
    let shown: Vec<&Value> = list(&page, "data")?.iter().map(|one| &one["seen_at"]).collect();
    assert_eq!(shown, [&seen_at, &seen_at, &first]);
    assert!(list(&page, "data")?.iter().all(|one| one["unread"] == true && one["read_at"].is_null()));
    assert_eq!((&page["unread_count"], ann.unread().await?), (&json!(3), 3));
    assert_eq!(ann.get(&ann.path(&all[0], "")).await?.ok()?["seen_at"], seen_at);

    ann.act(SEEN_ALL).await?.ok()?;
    assert_eq!(ann.get(&ann.path(&all[0], "")).await?.ok()?["seen_at"], seen_at, "nothing was new");
    tenant.producer()?.notify(&ann, "new").await?;
    assert_eq!(ann.inbox_of(4).await?[0]["seen_at"], Value::Null);
    device.expect("notification").await?;
    heard_nothing_else(&mut [device]).await?;
    heard_nothing_else(&mut bobs).await
}

#[tokio::test]
async fn seen_all_of_an_account_is_that_accounts() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (work, home, ann) = (limited(&tenant, "work")?, limited(&tenant, "home")?, tenant.user("ann")?);
    let (of_work, of_home) = (of_account(&tenant, "work").await?, of_account(&tenant, "home").await?);
    ann.inbox_of(2).await?;
    let mut told = [work.connect().await?, ann.connect().await?];
    let mut not_told = [home.connect().await?];
    let seen_at = work.act(SEEN_ALL).await?.ok()?["seen_at"].clone();
    for device in &mut told {
        let data = device.expect("notifications_seen_all").await?;
        assert_eq!(data, json!({"seen_at": seen_at, "account_id": "work"}));
    }
    assert_eq!(ann.get(&ann.path(&of_work, "")).await?.ok()?["seen_at"], seen_at);
    assert_eq!(ann.get(&ann.path(&of_home, "")).await?.ok()?["seen_at"], Value::Null);
    heard_nothing_else(&mut told).await?;
    heard_nothing_else(&mut not_told).await
}

#[tokio::test]
async fn what_is_still_scheduled_comes_unseen() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let at = now().checked_add(SignedDuration::from_secs(4))?.to_string();
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "later", "scheduled_for": at});
    let later = tenant.producer()?.create(&body).await?;
    tenant.producer()?.notify(&ann, "now").await?;
    ann.inbox_of(1).await?;
    ann.act(SEEN_ALL).await?.ok()?;
    let inbox = ann.inbox_of(2).await?;
    assert_eq!((&inbox[0]["id"], &inbox[0]["seen_at"]), (&json!(later), &Value::Null));
    assert!(inbox[1]["seen_at"].is_string());
    Ok(())
}
