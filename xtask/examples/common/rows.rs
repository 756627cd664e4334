//! The rows that are claimed, as dispatch would have stored them.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, Select, WriteRequest};
use carillon_testkit::LocalDynamo;
use ulid::Ulid;

use crate::work::{BODY, DATA, TENANT, TITLE, TYPE, user};

/// Rows in a request.
const BATCH: usize = 25;

/// Each user's notification, pending on the channel.
pub(crate) async fn fill(
    dynamo: &LocalDynamo,
    channel: &str,
    ulid: Ulid,
    users: usize,
    now: i64,
) -> Result<()> {
    let mut requests = Vec::new();
    for index in 0..users {
        let put = PutRequest::builder().set_item(Some(row(channel, &user(index), ulid, now))).build()?;
        requests.push(WriteRequest::builder().put_request(put).build());
    }
    let (client, table) = (dynamo.client(), dynamo.table("Inbox"));
    for batch in requests.chunks(BATCH) {
        client.batch_write_item().request_items(&table, batch.to_vec()).send().await?;
    }
    Ok(())
}

/// Refuses figures of a run in which something was not sent.
pub(crate) async fn all_sent(dynamo: &LocalDynamo, channel: &str) -> Result<()> {
    let scan = dynamo.client().scan().table_name(dynamo.table("Inbox")).select(Select::Count);
    let scan = scan.filter_expression("deliveries.#channel.#state <> :sent");
    let scan =
        scan.expression_attribute_names("#channel", channel).expression_attribute_names("#state", "state");
    let mut pages = scan.expression_attribute_values(":sent", s("sent")).into_paginator().send();
    while let Some(page) = pages.next().await {
        ensure!(page?.count == 0, "some were not sent");
    }
    Ok(())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn row(channel: &str, user: &str, ulid: Ulid, now: i64) -> HashMap<String, AttributeValue> {
    let n = |number: i64| AttributeValue::N(number.to_string());
    let pending = HashMap::from([
        ("state".to_owned(), s("pending")),
        ("attempts".to_owned(), n(0)),
        ("at".to_owned(), n(now)),
    ]);
    let pairs = [
        ("pk", s(&format!("{TENANT}#{user}"))),
        ("sk", s(&format!("n#{ulid}"))),
        ("type", s(TYPE)),
        ("category", s("transactional")),
        ("priority", s("high")),
        ("title", s(TITLE)),
        ("body", s(BODY)),
        ("data", s(DATA)),
        ("producer", s("bench")),
        ("created_at", n(now)),
        ("expires_at", n(now + 86_400_000)),
        ("unread", s(&ulid.to_string())),
        ("purge_at", n(now / 1_000 + 5_184_000)),
        ("deliveries", AttributeValue::M(HashMap::from([(channel.to_owned(), AttributeValue::M(pending))]))),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
