//! Dead letters: what a provider refused to the end, or could not take as often as it was tried.
//!
//! * pk `dead#{tenant}#{channel}`, sk `{ulid}#{user}`: the letter, which a tenant lists by channel, in order of creation.
//! * pk `{tenant}#{user}`, sk `dead#{channel}#{ulid}`: that there is one. A tenant may have a million letters, so the one who
//!   erases a user must be told where theirs are.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use carillon_domain::{Channel, Millis, NotificationId, Reason, TenantId, Ulid, UserId};
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::StoreError;
use crate::erase::{self, Erased, Until};
use crate::item::{Item, key, n, partition, s, text, time};

/// How long a letter is kept.
const KEPT_SECONDS: i64 = 14 * 86_400;

/// Where a letter's key has its user, if there is none: no user is called so.
const NOBODY: &str = "@direct";

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// Which notification, and whose.
    pub id: NotificationId,
    /// On which channel.
    pub channel: Channel,
    /// Why, and when.
    pub note: DeadNote,
    /// What would have to be sent again: the queue's message, for this recipient and what was not reached of them.
    pub payload: String,
}

/// What is told of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadNote {
    /// The registry key.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Why it was given up.
    pub reason: Reason,
    /// What the last attempt met: the provider's own code.
    pub detail: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub failed_at: Millis,
}

/// No tenant's id contains `#`, so no user's partition is called so.
fn letters(tenant: &TenantId, channel: Channel) -> String {
    format!("dead#{tenant}#{channel}")
}

fn letter_sk(ulid: Ulid, user: &UserId) -> String {
    format!("{ulid}#{user}")
}

impl Ledger {
    /// Keeps a letter for 14 days. Doing it again is the same letter.
    pub async fn bury(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let DeadLetter { tenant, id, channel, note, payload } = letter;
        let purge_at = n(note.failed_at.seconds() + KEPT_SECONDS);
        let mut told: Item = serde_dynamo::to_item(note)?;
        told.insert(String::from("purge_at"), purge_at);
        let mut row = told.clone();
        row.insert(String::from("payload"), s(payload));
        row.extend(key(&letters(tenant, *channel), &letter_sk(id.ulid, &id.user)));
        told.extend(key(&partition(tenant, &id.user), &format!("dead#{channel}#{}", id.ulid)));
        let puts = [row, told].map(|item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
        });
        let puts = puts.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| {
            StoreError::call::<aws_sdk_dynamodb::Error>(
                "TransactWriteItems",
                &aws_sdk_dynamodb::error::SdkError::construction_failure(error),
            )
        })?;
        let call = self.client.transact_write_items().set_transact_items(Some(puts));
        call.send().await.map(drop).map_err(|error| StoreError::call("TransactWriteItems", &error))
    }

    /// Keeps the letter of a push message to a token or topic, of which no user is known.
    pub async fn bury_direct(
        &self,
        tenant: &TenantId,
        ulid: Ulid,
        note: &DeadNote,
        payload: &str,
    ) -> Result<(), StoreError> {
        let mut row: Item = serde_dynamo::to_item(note)?;
        row.insert(String::from("purge_at"), n(note.failed_at.seconds() + KEPT_SECONDS));
        row.insert(String::from("payload"), s(payload));
        row.extend(key(&letters(tenant, Channel::Push), &format!("{ulid}#{NOBODY}")));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row)).send().await;
        put.map(drop).map_err(|error| StoreError::call("PutItem", &error))
    }

    /// The letter of a notification on a channel, if there is one; consistent. TTL deletes late, so an expired row counts
    /// as absent.
    pub async fn dead_letter(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        channel: Channel,
        now: Millis,
    ) -> Result<Option<DeadLetter>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&letters(tenant, channel), &letter_sk(id.ulid, &id.user))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::call("GetItem", &error))?;
        let kept = got.item.filter(|row| time(row, "purge_at").is_some_and(|at| at.0 > now.seconds()));
        let Some(row) = kept else { return Ok(None) };
        let payload = text(&row, "payload").unwrap_or_default().to_owned();
        let (tenant, id, note) = (tenant.clone(), id.clone(), serde_dynamo::from_item(row)?);
        Ok(Some(DeadLetter { tenant, id, channel, note, payload }))
    }

    /// Deletes a user's letters, by what the user's own rows tell of them; those rows stay, so that this may be repeated.
    pub(super) async fn erase_letters(
        &self,
        tenant: &TenantId,
        user: &UserId,
        until: Until,
    ) -> Result<Erased, StoreError> {
        let rows = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :dead)")
            .expression_attribute_values(":pk", s(partition(tenant, user)))
            .expression_attribute_values(":dead", s("dead#"))
            .projection_expression("sk")
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let keys = rows.iter().filter_map(|row| {
            let (channel, ulid) = text(row, "sk")?.strip_prefix("dead#")?.split_once('#')?;
            Some(key(&format!("dead#{tenant}#{channel}"), &format!("{ulid}#{user}")))
        });
        erase::rows(&self.client, &self.table, keys.collect(), until).await
    }
}
