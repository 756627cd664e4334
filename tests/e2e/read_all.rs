//! Read-all costs the same however long the inbox is.

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use carillon_testkit::FaultProxy;
use carillon_tests::{Functions, Row, Tenant, answer, http_event, list, text};
use futures::{StreamExt as _, TryStreamExt as _};
use ulid::Ulid;

const UNREAD: usize = 2_000;

/// Rows like the given one, each with a moment of its own before it.
fn copies(row: &Row, ulid: &str, count: usize) -> Result<Vec<Row>> {
    let unread = row.get("unread").and_then(|value| value.as_s().ok()).context("not unread")?;
    let copy = |index: usize| -> Result<Row> {
        let index = u64::try_from(index)?;
        let before = |text: &str| -> Result<String> {
            Ok(Ulid::from_parts(Ulid::from_string(text)?.timestamp_ms() - 1 - index, u128::from(index))
                .to_string())
        };
        let (new, new_unread) = (before(ulid)?, before(unread)?);
        let change = |value: &AttributeValue| match value.as_s() {
            Ok(text) if text == unread => AttributeValue::S(new_unread.clone()),
            Ok(text) => AttributeValue::S(text.replace(ulid, &new)),
            Err(other) => other.clone(),
        };
        Ok(row.iter().map(|(name, value)| (name.clone(), change(value))).collect())
    };
    (0..count).map(copy).collect()
}

/// Posting so many takes a minute; what is stored for one is stored for each.
async fn fill(tenant: &Tenant) -> Result<()> {
    let ann = tenant.user("ann")?;
    let id = tenant.producer()?.notify(&ann, "newest").await?;
    ann.inbox_of(1).await?;
    let rows = tenant.rows("Inbox", "ann").await?;
    let row = rows.iter().find(|row| row.contains_key("unread")).context("no unread row")?;
    let copies = copies(row, &id[4..30], UNREAD - 1)?;
    let table = tenant.aws.table("Inbox")?;
    let batches = copies.chunks(25).map(|batch| async move {
        let puts = batch.iter().map(|row| {
            let put = PutRequest::builder().set_item(Some(row.clone())).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        let puts = puts.collect::<Result<Vec<_>>>()?;
        let written = tenant.aws.dynamodb.batch_write_item().request_items(table, puts).send().await?;
        anyhow::ensure!(written.unprocessed_items.is_none_or(|left| left.is_empty()), "unprocessed");
        Ok(())
    });
    futures::stream::iter(batches.collect::<Vec<_>>()).buffer_unordered(4).try_collect::<Vec<()>>().await?;
    Ok(())
}

#[tokio::test]
async fn two_thousand_unread_are_read_by_one_read_and_one_write() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    fill(&tenant).await?;
    assert_eq!(ann.unread().await?, u64::try_from(UNREAD)?);

    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let function = functions.function("inbox-api").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    let event = http_event("POST", "/api/notifications/read-all", &ann.token, &[], "");
    let reply = answer(&function.invoke(event).await?)?.ok()?;
    assert_eq!(reply["unread_count"], 0);

    let table = format!("\"{}\"", tenant.aws.table("Inbox")?);
    let on_inbox: Vec<String> = proxy
        .seen()
        .into_iter()
        .filter(|seen| seen.body.contains(&table))
        .map(|seen| seen.operation)
        .collect();
    assert_eq!(on_inbox, ["Query", "UpdateItem"], "one read and one write");

    assert_eq!(ann.unread().await?, 0, "at once");
    let page = ann.page("?limit=100").await?;
    assert_eq!(page["unread_count"], 0);
    let data = list(&page, "data")?;
    assert!(data.len() == 100 && data.iter().all(|stored| stored["unread"] == false));
    let oldest = text(&data[99], "id")?;
    assert_eq!(ann.act(&ann.path(oldest, "unread")).await?.ok()?["unread"], true);
    assert_eq!(ann.unread().await?, 1);
    Ok(())
}
