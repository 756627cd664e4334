//! Clearing out what is past retention. Rows are written as if they were that old.

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_testkit::{Fault, FaultProxy};
use carillon_tests::{Functions, Row, Socket, Tenant, User, answer, http_event, ids, list, now};
use serde_json::json;
use ulid::Ulid;

use crate::rest_support::{filled, heard_nothing_else, limited, of_account, row, stats};

const CLEANUP: &str = "/api/notifications/cleanup-old";

fn days_ago(days: i64) -> i64 {
    now().as_millisecond() - days * 86_400_000
}

/// A copy of a row as if it had been created so many days ago, with a change of its own; its id.
pub(crate) async fn aged(
    tenant: &Tenant,
    id: &str,
    days: i64,
    change: impl FnOnce(&mut Row),
) -> Result<String> {
    let mut row = row(tenant, "ann", id).await?;
    let at = days_ago(days);
    let random = Ulid::generate().random();
    let ulid = Ulid::from_parts(u64::try_from(at)?, random).to_string();
    row.insert("sk".to_owned(), AttributeValue::S(format!("n#{ulid}")));
    row.insert("created_at".to_owned(), AttributeValue::N(at.to_string()));
    row.insert("unread".to_owned(), AttributeValue::S(ulid.clone()));
    change(&mut row);
    tenant.aws.put("Inbox", row).await?;
    Ok(format!("ntf_{ulid}{}", &id[30..]))
}

/// Archived so many days ago.
pub(crate) fn archived(days: i64) -> impl FnOnce(&mut Row) {
    move |row| {
        let unread = row.remove("unread");
        row.extend(unread.map(|unread| ("held".to_owned(), unread)));
        row.insert("archived_at".to_owned(), AttributeValue::N(days_ago(days).to_string()));
    }
}

fn read(row: &mut Row) {
    row.remove("unread");
    row.insert("read_at".to_owned(), AttributeValue::N(days_ago(31).to_string()));
}

fn pinned(row: &mut Row) {
    row.insert("pinned_at".to_owned(), AttributeValue::N(days_ago(31).to_string()));
}

/// It is told of these, and of them only.
async fn tells(device: &mut Socket, archived: &[&String], deleted: &[&String]) -> Result<()> {
    assert_eq!(device.expect("notification_archived").await?, json!({"notification_ids": archived}));
    assert_eq!(device.expect("notification_deleted").await?, json!({"notification_ids": deleted}));
    heard_nothing_else(std::slice::from_mut(device)).await
}

async fn archive_of(user: &User) -> Result<Vec<String>> {
    ids(list(&user.page("?archived=true&limit=100").await?, "data")?)
}

#[tokio::test]
async fn old_unread_ones_are_archived_and_what_was_archived_long_ago_is_deleted() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let new = filled(&tenant, &ann, 2).await?;
    ann.act(&ann.path(&new[1], "archive")).await?.ok()?;
    let unread = aged(&tenant, &new[0], 31, |_| ()).await?;
    let was_read = aged(&tenant, &new[0], 32, read).await?;
    let kept = aged(&tenant, &new[0], 33, pinned).await?;
    let just_archived = aged(&tenant, &new[0], 40, archived(1)).await?;
    let long_archived = aged(&tenant, &new[0], 50, archived(35)).await?;
    let before =
        [&new[1], &unread, &was_read, &kept, &just_archived, &long_archived].map(String::clone).to_vec();
    assert_eq!(archive_of(&ann).await?, before, "what is old counts as archived");
    assert_eq!((ids(&ann.inbox().await?)?, ann.unread().await?), (vec![new[0].clone()], 1));
    assert_eq!(stats(&ann).await?["total"], 7);

    let mut device = ann.connect().await?;
    let cleaned = ann.delete(CLEANUP).await?.ok()?;
    assert_eq!(cleaned, json!({"archived": 1, "deleted": 1, "has_more": false}));
    tells(&mut device, &[&unread], &[&long_archived]).await?;
    assert_eq!(archive_of(&ann).await?, before[..5], "the rest is as it was");
    assert!(ann.get(&ann.path(&unread, "")).await?.ok()?["archived_at"].is_string());
    for left in [&was_read, &kept] {
        assert!(ann.get(&ann.path(left, "")).await?.ok()?["archived_at"].is_null(), "{left}");
    }
    ann.get(&ann.path(&long_archived, "")).await?.problem(404, "not_found")?;
    assert_eq!((ids(&ann.inbox().await?)?, ann.unread().await?), (vec![new[0].clone()], 1));
    assert_eq!(stats(&ann).await?["total"], 6);
    let again = ann.delete(CLEANUP).await?.ok()?;
    assert_eq!(again, json!({"archived": 0, "deleted": 0, "has_more": false}));
    heard_nothing_else(&mut [device]).await
}

#[tokio::test]
async fn an_account_and_a_user_clean_their_own_only() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, work, home) = (tenant.user("ann")?, limited(&tenant, "work")?, limited(&tenant, "home")?);
    let (of_work, of_home) = (of_account(&tenant, "work").await?, of_account(&tenant, "home").await?);
    ann.inbox_of(2).await?;
    let mut old = Vec::new();
    for id in [&of_work, &of_home] {
        old.push((aged(&tenant, id, 31, |_| ()).await?, aged(&tenant, id, 50, archived(35)).await?));
    }
    let (mut all, mut at_work, mut at_home) =
        (ann.connect().await?, work.connect().await?, home.connect().await?);
    let one_each = json!({"archived": 1, "deleted": 1, "has_more": false});
    let none = json!({"archived": 0, "deleted": 0, "has_more": false});
    assert_eq!(tenant.user("bob")?.delete(CLEANUP).await?.ok()?, none);
    assert_eq!(work.delete(CLEANUP).await?.ok()?, one_each);
    assert_eq!(work.delete(CLEANUP).await?.ok()?, none);
    for device in [&mut all, &mut at_work] {
        tells(device, &[&old[0].0], &[&old[0].1]).await?;
    }
    assert_eq!(home.delete(CLEANUP).await?.ok()?, one_each);
    for device in [&mut all, &mut at_home] {
        tells(device, &[&old[1].0], &[&old[1].1]).await?;
    }
    heard_nothing_else(&mut [at_work]).await?;
    assert_eq!((ann.unread().await?, archive_of(&ann).await?.len()), (2, 2));
    Ok(())
}

#[tokio::test]
async fn what_was_archived_is_told_even_where_deleting_fails() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let new = filled(&tenant, &ann, 1).await?.remove(0);
    let unread = aged(&tenant, &new, 31, |_| ()).await?;
    let long_archived = aged(&tenant, &new, 50, archived(35)).await?;
    let mut device = ann.connect().await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let inbox = functions.function("inbox-api").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    // As often as the SDK tries.
    for attempt in 1..=3 {
        proxy.on("PutItem", attempt, Fault::Status(500));
    }
    let reply = inbox.invoke(http_event("DELETE", CLEANUP, &ann.token, &[], "")).await?;
    answer(&reply)?.problem(503, "unavailable")?;
    assert_eq!(device.expect("notification_archived").await?, json!({"notification_ids": [unread]}));
    heard_nothing_else(std::slice::from_mut(&mut device)).await?;
    let rest = ann.delete(CLEANUP).await?.ok()?;
    assert_eq!(rest, json!({"archived": 0, "deleted": 1, "has_more": false}));
    assert_eq!(device.expect("notification_deleted").await?, json!({"notification_ids": [long_archived]}));
    Ok(())
}

#[tokio::test]
async fn it_is_no_notification() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let wrong = ann.get(CLEANUP).await?;
    wrong.problem(405, "method_not_allowed")?;
    assert_eq!(wrong.header("allow").context("no Allow")?, "DELETE");
    tenant.anonymous().delete(CLEANUP).await?.problem(401, "unauthenticated")?;
    Ok(())
}
