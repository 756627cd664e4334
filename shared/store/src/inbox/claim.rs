//! Claims of a notification's deliveries.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use carillon_domain::{Channel, Delivery, Millis, NotificationId, TenantId};

use super::{Inbox, Row, from_item, sk};
use crate::StoreError;
use crate::claim::{Claim, Lease, Turn, end, lost_to, take};
use crate::item::{key, partition};

/// Where in the row.
const PATH: &str = "deliveries.#channel";

impl Inbox {
    /// Takes a channel's delivery for an attempt, until the lease ends: one conditional write.
    pub async fn claim(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        channel: Channel,
        turn: Turn,
        lease_until: Millis,
        now: Millis,
    ) -> Result<Claim, StoreError> {
        let call = take(self.delivery(tenant, id, channel), PATH, turn, lease_until, now);
        match call.send().await {
            Ok(output) => match from_item(&id.user, output.attributes.unwrap_or_default())? {
                Row::Live(taken) => Ok(Claim::Taken(taken)),
                Row::Gone(_) => Ok(Claim::Settled),
            },
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
                    let row = lost.item.clone().map(|item| from_item(&id.user, item)).transpose()?;
                    let Some(Row::Live(row)) = row else { return Ok(Claim::Settled) };
                    Ok(lost_to(row.deliveries.get(&channel), turn))
                }
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// Ends a claim with what became of it. False if it is somebody else's by now, or the notification is gone, or more is
    /// known already: its user opened the push, or the provider told of it ([`Self::feedback`]).
    pub async fn conclude(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        channel: Channel,
        lease: Lease,
        to: &Delivery,
    ) -> Result<bool, StoreError> {
        let call = end(self.delivery(tenant, id, channel), PATH, lease, to)?;
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// An update of one delivery that a claim is about.
    fn delivery(&self, tenant: &TenantId, id: &NotificationId, channel: Channel) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, &id.user), &sk(id.ulid))))
            .expression_attribute_names("#channel", channel.as_str())
    }
}
