//! Erasing a whole partition: everything one table holds about a user.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use carillon_domain::{Clock, Millis, Ulid};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::StoreError;
use crate::item::{Item, key, s, text};

/// What BatchWriteItem takes.
pub(crate) const BATCH: usize = 25;
/// Batches under way at a time.
const IN_FLIGHT: usize = 8;
/// What DynamoDB left unprocessed is asked for again after about this long, doubling.
const PAUSE_MILLIS: u64 = 25;
/// Longest such pause, in doublings.
const MAX_DOUBLINGS: u32 = 5;

/// How far an erasure came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Rows deleted by this call.
    pub rows: u64,
    /// False: time ran out, and more is left. The call may be repeated.
    pub complete: bool,
}

/// The time an erasure has.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// Nothing is begun after this.
    pub at: Millis,
    /// What tells the time.
    pub clock: Clock,
}

impl Until {
    fn is_over(self) -> bool {
        (self.clock)() >= self.at
    }
}

impl std::ops::AddAssign for Erased {
    /// This part, then that one.
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.complete &= other.complete;
    }
}

/// Deletes the rows of a partition, page by page.
pub(crate) async fn partition(
    client: &Client,
    table: &str,
    pk: &str,
    until: Until,
) -> Result<Erased, StoreError> {
    let mut erased = Erased { rows: 0, complete: true };
    let mut start = None;
    loop {
        if until.is_over() {
            return Ok(Erased { complete: false, ..erased });
        }
        let page = client
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk))
            .projection_expression("sk")
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let items = page.items.unwrap_or_default();
        let keys = items.iter().filter_map(|item| text(item, "sk"));
        erased += rows(client, table, keys.map(|sk| key(pk, sk)).collect(), until).await?;
        start = page.last_evaluated_key;
        if start.is_none() || !erased.complete {
            return Ok(erased);
        }
    }
}

/// Deletes rows by key, several batches at a time.
pub(crate) async fn rows(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    until: Until,
) -> Result<Erased, StoreError> {
    // Made beforehand, because a stream's closure over borrows makes the future not `Send`.
    let batches: Vec<_> = keys.chunks(BATCH).map(|keys| batch(client, table, keys, until)).collect();
    let mut parts = futures::stream::iter(batches).buffer_unordered(IN_FLIGHT);
    let mut erased = Erased { rows: 0, complete: true };
    while let Some(part) = parts.try_next().await? {
        erased += part;
    }
    Ok(erased)
}

async fn batch(client: &Client, table: &str, keys: &[Item], until: Until) -> Result<Erased, StoreError> {
    let requests = keys.iter().map(|key| {
        let delete = DeleteRequest::builder().set_key(Some(key.clone())).build().map_err(|error| {
            StoreError::call::<aws_sdk_dynamodb::Error>(
                "BatchWriteItem",
                &aws_sdk_dynamodb::error::SdkError::construction_failure(error),
            )
        })?;
        Ok(WriteRequest::builder().delete_request(delete).build())
    });
    let left = write(client, table, requests.collect::<Result<Vec<_>, StoreError>>()?, until).await?;
    Ok(Erased { rows: (keys.len() - left) as u64, complete: left == 0 })
}

/// Writes at most 25 rows, asking again for what DynamoDB leaves; answers for how many the time did not suffice.
pub(crate) async fn write(
    client: &Client,
    table: &str,
    requests: Vec<WriteRequest>,
    until: Until,
) -> Result<usize, StoreError> {
    let mut left = requests;
    let mut tries = 0;
    while !left.is_empty() && !until.is_over() {
        if tries > 0 {
            tokio::time::sleep(pause(tries)).await;
        }
        tries += 1;
        let written = client
            .batch_write_item()
            .request_items(table, left)
            .send()
            .await
            .map_err(|error| StoreError::call("BatchWriteItem", &error))?;
        left = written.unprocessed_items.and_then(|mut tables| tables.remove(table)).unwrap_or_default();
    }
    Ok(left.len())
}

/// Half fixed, half chance: batches that were throttled together do not come back together.
fn pause(tries: u32) -> Duration {
    let whole = PAUSE_MILLIS << tries.min(MAX_DOUBLINGS);
    let chance = u64::try_from(Ulid::generate().random() % u128::from(whole / 2 + 1)).unwrap_or_default();
    Duration::from_millis(whole / 2 + chance)
}
