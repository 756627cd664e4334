//! What a client missed while it was away.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use carillon_domain::{Millis, Notification, Ulid, ulid_at};

use super::filter::SHOWN;
use super::{Inbox, Scope, cutoff, live, sk, ulid_of};
use crate::StoreError;
use crate::item::{Item, key, ms, s};

/// An id is minted when a notification is posted, a row is put when it is dispatched: at most this much later
/// (the rest is found by `unread`, which is minted at the put).
const DISPATCH_DELAY_SECONDS: i64 = 15 * 60;
/// Clocks of two hosts may differ by this much.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// What BatchGetItem takes.
pub(super) const BATCH: usize = 100;
/// How often in a row the rows of one batch may be asked for in vain: with the pauses between, about as long as one call may
/// take.
const MAX_ROUNDS: u32 = 6;

impl Inbox {
    /// The ids of what became visible late: stored since `since`, although older than what [`Inbox::missed`] reads.
    /// Oldest first; all of them, because in the index they lie in the order in which they were stored.
    pub async fn arrived_late(
        &self,
        scope: &Scope,
        since: Millis,
        now: Millis,
    ) -> Result<Vec<Ulid>, StoreError> {
        if window(Some(since), now) <= cutoff(now) {
            // All that is not past retention is read by [`Inbox::missed`].
            return Ok(Vec::new());
        }
        let stored_after = ulid_at(since.plus_seconds(-CLOCK_SKEW_SECONDS));
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_unread")
            .projection_expression("sk")
            .key_condition_expression("pk = :pk AND unread >= :stored_after")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":stored_after", s(stored_after.to_string()))
            .expression_attribute_values(":window", ms(window(Some(since), now)))
            .expression_attribute_values(":cutoff", ms(cutoff(now)))
            .consistent_read(true);
        let filter = "created_at < :window AND created_at > :cutoff";
        query = match &scope.account {
            None => query.filter_expression(filter),
            Some(account) => query
                .filter_expression(format!("{filter} AND account_id = :account"))
                .expression_attribute_values(":account", s(account.as_str())),
        };
        let mut entries = query.into_paginator().items().send();
        let mut late = BTreeSet::new();
        while let Some(entry) = entries.next().await {
            late.extend(ulid_of(&entry.map_err(|error| StoreError::call("Query", &error))?));
        }
        Ok(late.into_iter().collect())
    }

    /// Of these, what is current, oldest first.
    pub async fn current_of(&self, scope: &Scope, ulids: &[Ulid]) -> Result<Vec<Notification>, StoreError> {
        self.fetch(scope, ulids.iter().map(|ulid| key(&scope.pk(), &sk(*ulid))).collect()).await
    }

    /// One page of what was posted since (less the time dispatch may take) and after one, oldest first; without `since`,
    /// of everything current. Archived, snoozed and deleted ones are left out. With the id after which the next page is,
    /// if there is one.
    pub async fn missed(
        &self,
        scope: &Scope,
        since: Option<Millis>,
        after: Option<Ulid>,
        now: Millis,
    ) -> Result<(Vec<Notification>, Option<Ulid>), StoreError> {
        // From here, not behind there: DynamoDB refuses to start outside a range, and `after` is the client's word.
        let behind = after.map(|after| after.increment().unwrap_or_else(|last| last));
        let first = ulid_at(window(since, now)).max(behind.unwrap_or(Ulid::nil()));
        let filter = format!("{SHOWN} AND attribute_not_exists(archived_at)");
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :newest")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":first", s(sk(first)))
            .expression_attribute_values(":newest", s(sk(Ulid::max())))
            .consistent_read(true);
        query = match &scope.account {
            None => query.filter_expression(filter),
            Some(account) => query
                .filter_expression(format!("{filter} AND account_id = :account"))
                .expression_attribute_values(":account", s(account.as_str())),
        };
        let page = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
        let next = page.last_evaluated_key.as_ref().and_then(ulid_of);
        Ok((Self::current(scope, page.items.unwrap_or_default()), next))
    }

    /// Reads rows by key, oldest first, asking again for what DynamoDB left unprocessed, though not for ever. Archived,
    /// snoozed and deleted ones are left out.
    pub(super) async fn fetch(
        &self,
        scope: &Scope,
        keys: Vec<Item>,
    ) -> Result<Vec<Notification>, StoreError> {
        let mut found = BTreeMap::new();
        for chunk in keys.chunks(BATCH) {
            let mut wanted = chunk.to_vec();
            let mut round = 0;
            while !wanted.is_empty() {
                if round == MAX_ROUNDS {
                    return Err(StoreError::Unprocessed { operation: "BatchGetItem" });
                }
                if round > 0 {
                    // Nothing came, so it was throttled: ask again after a pause that doubles.
                    tokio::time::sleep(Duration::from_millis(25 << round)).await;
                }
                round += 1;
                let asked = wanted.len();
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
                if wanted.len() < asked {
                    // An answer has at most 1 MB of a partition: the rest is to be asked for at once.
                    round = 0;
                }
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

/// What was posted since then is what was missed; what is older has come late.
fn window(since: Option<Millis>, now: Millis) -> Millis {
    let retained = cutoff(now);
    since.map_or(retained, |since| since.plus_seconds(-DISPATCH_DELAY_SECONDS).max(retained))
}
