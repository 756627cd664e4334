//! More was missed than one answer can bring.

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{Row, Tenant, ids, now};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use ulid::Ulid;

use crate::rest_support::row;

/// Pages of 100 KB that one answer has at most.
const PAGES: usize = 30;

/// A row as if it had been stored so many seconds ago, and its id.
fn copied(row: &Row, id: &str, seconds: i64) -> Result<(Row, String)> {
    let at = now().as_millisecond() - seconds * 1_000;
    let ulid = Ulid::from_parts(u64::try_from(at)?, Ulid::generate().random()).to_string();
    let mut row = row.clone();
    row.insert("sk".to_owned(), AttributeValue::S(format!("n#{ulid}")));
    row.insert("created_at".to_owned(), AttributeValue::N(at.to_string()));
    row.insert("unread".to_owned(), AttributeValue::S(ulid.clone()));
    Ok((row, format!("ntf_{ulid}{}", &id[30..])))
}

#[tokio::test]
async fn an_inbox_too_large_for_one_answer_comes_whole() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x", "body": "x".repeat(8_000)});
    let newest = tenant.producer()?.create(&body).await?;
    ann.inbox_of(1).await?;
    let pattern = row(&tenant, "ann", &newest).await?;
    let older = (1..450).rev().map(|seconds| copied(&pattern, &newest, 60 + seconds));
    let (rows, mut all): (Vec<Row>, Vec<String>) = older.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let puts = futures::stream::iter(rows).map(|row| tenant.aws.put("Inbox", row));
    puts.buffer_unordered(8).try_collect::<()>().await?;
    all.push(newest);

    let mut device = ann.connect().await?;
    let missed = device.resync(None).await?;
    assert_eq!(ids(&missed.notifications)?, all, "oldest first, each once");
    assert!(missed.pages > PAGES, "{} pages", missed.pages);
    assert_eq!(missed.last["unread_count"], all.len());
    Ok(())
}
