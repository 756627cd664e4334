//! Push messages that are of no notification: pk `push#{tenant}#{ulid}`, sk `push`. What became of it, for a week; it is
//! claimed as a notification's delivery is. Each is a partition of its own, because one takes only 1,000 writes a second.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use carillon_domain::{Delivery, DeliveryState, Millis, PushTarget, TenantId, Ulid};
use futures::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::StoreError;
use crate::claim::{Claim, Lease, Turn, end, lost_to, take};
use crate::item::{Item, key, n, time};

/// How long a producer may ask what became of it.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// Rows written at a time.
const IN_FLIGHT: usize = 32;

/// What became of a push message. Neither to whom it went nor what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectDelivery {
    /// `token`, `topic` or `user`.
    pub target: String,
    /// As a notification's push.
    pub delivery: Delivery,
}

/// No tenant's id contains `#`, so no user's partition is called so.
fn row(tenant: &TenantId, ulid: Ulid) -> Item {
    key(&format!("push#{tenant}#{ulid}"), "push")
}

fn from_item(item: &Item) -> Result<DirectDelivery, StoreError> {
    Ok(serde_dynamo::from_item(item.clone())?)
}

impl Ledger {
    /// Notes that messages wait to be sent. What is there stays: a repetition is no second message.
    pub async fn put_direct<'a>(
        &self,
        tenant: &TenantId,
        messages: impl IntoIterator<Item = (Ulid, &'a PushTarget)>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let delivery = Delivery {
            state: DeliveryState::Pending,
            reason: None,
            attempts: 0,
            at: now,
            until: None,
            detail: None,
            provider_id: None,
        };
        let mut puts = Vec::new();
        for (ulid, target) in messages {
            let new = DirectDelivery { target: target.kind().to_owned(), delivery: delivery.clone() };
            let mut item: Item = serde_dynamo::to_item(&new)?;
            item.extend(row(tenant, ulid));
            item.insert(String::from("purge_at"), n(now.seconds() + KEPT_SECONDS));
            puts.push(self.put_new(item));
        }
        futures::stream::iter(puts).buffer_unordered(IN_FLIGHT).try_collect().await
    }

    async fn put_new(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::call("PutItem", &error)),
            },
        }
    }

    /// What became of a message; consistent. TTL deletes late, so an expired row counts as absent.
    pub async fn direct(
        &self,
        tenant: &TenantId,
        ulid: Ulid,
        now: Millis,
    ) -> Result<Option<DirectDelivery>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(row(tenant, ulid)));
        let got = get.consistent_read(true).send().await;
        let got = got.map_err(|error| StoreError::call("GetItem", &error))?;
        let kept = got.item.filter(|row| time(row, "purge_at").is_some_and(|at| at.0 > now.seconds()));
        kept.as_ref().map(from_item).transpose()
    }

    /// Takes a message for an attempt, until the lease ends: one conditional write.
    pub async fn claim_direct(
        &self,
        tenant: &TenantId,
        ulid: Ulid,
        turn: Turn,
        lease_until: Millis,
        now: Millis,
    ) -> Result<Claim<Delivery>, StoreError> {
        match take(self.update_direct(tenant, ulid), "delivery", turn, lease_until, now).send().await {
            Ok(output) => Ok(Claim::Taken(from_item(&output.attributes.unwrap_or_default())?.delivery)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
                    let row = lost.item.as_ref().map(from_item).transpose()?;
                    Ok(lost_to(row.as_ref().map(|row| &row.delivery), turn))
                }
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// Ends a claim with what became of it. False if it is somebody else's by now.
    pub async fn conclude_direct(
        &self,
        tenant: &TenantId,
        ulid: Ulid,
        lease: Lease,
        to: &Delivery,
    ) -> Result<bool, StoreError> {
        match end(self.update_direct(tenant, ulid), "delivery", lease, to)?.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    fn update_direct(&self, tenant: &TenantId, ulid: Ulid) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(row(tenant, ulid)))
    }
}
