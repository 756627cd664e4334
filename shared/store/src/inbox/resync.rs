//! What a client missed while it was away.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{KeysAndAttributes, Select};
use carillon_domain::{Millis, Notification, Ulid, ulid_at};

use super::filter::SHOWN;
use super::{Inbox, Scope, cutoff, live, sk};
use crate::StoreError;
use crate::item::{Item, key, s, text};

/// An id is minted when a notification is posted, a row is put when it is dispatched: at most this much later
/// (the rest is found by `unread`, which is minted at the put).
const DISPATCH_DELAY_SECONDS: i64 = 15 * 60;
/// Clocks of two hosts may differ by this much.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// What BatchGetItem takes.
pub(super) const BATCH: usize = 100;

/// Where a resync goes on: after the page before.
#[derive(Debug, Clone)]
pub struct Start(Option<Item>);

impl Inbox {
    /// What became visible late: stored since `since`, although its id is older than what [`Inbox::missed`] reads.
    /// Oldest first. Without `since` there is nothing late: `missed` reads everything.
    pub async fn arrived_late(
        &self,
        scope: &Scope,
        since: Millis,
        now: Millis,
    ) -> Result<Vec<Notification>, StoreError> {
        let window = since.plus_seconds(-DISPATCH_DELAY_SECONDS).max(cutoff(now));
        let stored_after = ulid_at(since.plus_seconds(-CLOCK_SKEW_SECONDS));
        let entries: Vec<Item> = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_unread")
            .select(Select::AllProjectedAttributes)
            .key_condition_expression("pk = :pk AND unread >= :stored_after")
            .filter_expression("created_at < :window AND created_at > :cutoff")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":stored_after", s(stored_after.to_string()))
            .expression_attribute_values(":window", crate::item::ms(window))
            .expression_attribute_values(":cutoff", crate::item::ms(cutoff(now)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let keys =
            entries.iter().filter_map(|entry| text(entry, "sk")).map(|sk| key(&scope.pk(), sk)).collect();
        self.fetch(scope, keys).await
    }

    /// One page of what was posted since (less the time dispatch may take), oldest first; without `since`, of
    /// everything current. Archived, snoozed and deleted ones are left out.
    pub async fn missed(
        &self,
        scope: &Scope,
        since: Option<Millis>,
        now: Millis,
        start: Option<Start>,
    ) -> Result<(Vec<Notification>, Option<Start>), StoreError> {
        let oldest =
            since.map_or(cutoff(now), |since| since.plus_seconds(-DISPATCH_DELAY_SECONDS).max(cutoff(now)));
        let filter = format!("{SHOWN} AND attribute_not_exists(archived_at)");
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":oldest", s(sk(ulid_at(oldest))))
            .expression_attribute_values(":newest", s(sk(Ulid::max())))
            .consistent_read(true)
            .set_exclusive_start_key(start.and_then(|Start(key)| key));
        query = match &scope.account {
            None => query.filter_expression(filter),
            Some(account) => query
                .filter_expression(format!("{filter} AND account_id = :account"))
                .expression_attribute_values(":account", s(account.as_str())),
        };
        let page = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
        let next = page.last_evaluated_key.map(|key| Start(Some(key)));
        Ok((Self::current(scope, page.items.unwrap_or_default()), next))
    }

    /// Reads rows by key, oldest first, asking again for what DynamoDB left unprocessed. Archived, snoozed and
    /// deleted ones are left out.
    pub(super) async fn fetch(
        &self,
        scope: &Scope,
        keys: Vec<Item>,
    ) -> Result<Vec<Notification>, StoreError> {
        let mut found = BTreeMap::new();
        for chunk in keys.chunks(BATCH) {
            let mut wanted = chunk.to_vec();
            let mut rounds = 0;
            while !wanted.is_empty() {
                if rounds > 0 {
                    // What is left over was throttled: ask again after a pause that doubles.
                    tokio::time::sleep(Duration::from_millis(25 << rounds.min(6))).await;
                }
                rounds += 1;
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| {
                        StoreError::call::<aws_sdk_dynamodb::Error>(
                            "BatchGetItem",
                            &aws_sdk_dynamodb::error::SdkError::construction_failure(error),
                        )
                    })?;
                let mut got = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, request)
                    .send()
                    .await
                    .map_err(|error| StoreError::call("BatchGetItem", &error))?;
                let rows =
                    got.responses.as_mut().and_then(|tables| tables.remove(&self.table)).unwrap_or_default();
                for notification in Self::current(scope, rows) {
                    found.insert(notification.id.ulid, notification);
                }
                let left = got.unprocessed_keys.as_mut().and_then(|tables| tables.remove(&self.table));
                wanted = left.map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(found.into_values().collect())
    }

    /// The current ones of this scope.
    fn current(scope: &Scope, rows: Vec<Item>) -> Vec<Notification> {
        let mut current = live(&scope.user, rows);
        current.retain(|one| {
            let own = scope.account.as_ref().is_none_or(|account| one.account_id.as_ref() == Some(account));
            own && one.archived_at.is_none() && one.snoozed_until.is_none()
        });
        current
    }
}
