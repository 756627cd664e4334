//! What a tenant and a user keep about a recipient: everything a decision needs comes with one query.
//!
//! * pk `{tenant}#{user}`; sk `device#{sha256}`, `devices`, `erased`, `limits`, `prefs`, `profile`, `settings`,
//!   `sub#{channel}`, `topic#{name}` (which decisions do not read), with `@{account}` after `prefs` and `settings` where they are one account's.
//! * a device has an owner row beside it, pk `token#{tenant}#{sha256}`: a token reaches one user at a time. Both go by the
//!   TTL when the device was not used for long, the owner row after the device's.

mod devices;
mod documents;
mod erase;
mod export;
mod facts;
mod limits;
mod owner;
mod preferences;
mod profile;
mod register;
mod retry;
mod topics;
mod unused;
mod update;
mod withdraw;

use aws_sdk_dynamodb::Client;
use carillon_domain::AccountId;
use sha2::{Digest, Sha256};

use crate::item::{Item, key, partition};
use crate::{Scope, StoreError};

pub use devices::DeviceRef;
pub use limits::Counting;
pub use topics::{Membership, Told, TopicDevice};

/// A device that was neither registered nor reached for so long is dropped: nobody is there any more.
pub const DEVICE_DAYS: i64 = 270;
/// Devices of one user; the least recently used makes room for one more.
const MAX_DEVICES: usize = 50;
/// Calls at a time where one request makes many.
const IN_FLIGHT: usize = 16;

/// The recipients table.
#[derive(Debug, Clone)]
pub struct Recipients {
    client: Client,
    table: String,
}

impl Recipients {
    /// The recipients in this table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// A row of the scope's user; consistent.
    async fn row(&self, scope: &Scope, sk: &str) -> Result<Option<Item>, StoreError> {
        self.get(key(&partition(&scope.tenant, &scope.user), sk)).await
    }

    async fn get(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let got = get.send().await.map_err(|error| StoreError::call("GetItem", &error))?;
        Ok(got.item)
    }

    /// Puts a row whole, whatever stood there.
    async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| StoreError::call("PutItem", &error))
    }

    /// All rows of a key condition's range, whatever the number of pages.
    async fn rows(&self, range: Range<'_>) -> Result<Vec<Item>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(range.condition)
            .consistent_read(range.consistent)
            .set_projection_expression(range.projection.map(str::to_owned));
        for (name, value) in range.values {
            query = query.expression_attribute_values(*name, crate::item::s(*value));
        }
        let rows = query.into_paginator().items().send().try_collect().await;
        rows.map_err(|error| StoreError::call("Query", &error))
    }
}

/// What a Query reads of a partition.
struct Range<'a> {
    condition: &'a str,
    values: &'a [(&'a str, &'a str)],
    projection: Option<&'a str>,
    consistent: bool,
}

/// The sort key of a document that a user has once, and once more for each account.
fn document(name: &str, account: Option<&AccountId>) -> String {
    account.map_or_else(|| name.to_owned(), |account| format!("{name}@{account}"))
}

/// Names what must not stand in a key as it is: tokens, which may be long.
fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}
