//! Devices that nobody uses any more go by the TTL; until it comes, they are left out.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Device, Millis, TenantId, UserId};

use super::owner::{device_key, owner_key};
use super::{DEVICE_DAYS, Recipients, hash};
use crate::StoreError;
use crate::item::{Item, ms, n, s, time};

const DAY_SECONDS: i64 = 86_400;
const DAY_MILLIS: i64 = 1_000 * DAY_SECONDS;
/// The owner row must outlast the device's, or the token could get a second user. It is moved on once a day at most, and
/// should that fail now and then, this is how much it may lag.
const OWNER_EXTRA_DAYS: i64 = 30;

/// When the TTL takes a device's row, in seconds.
pub(super) fn device_purge(last_used_at: Millis) -> AttributeValue {
    n(last_used_at.seconds() + DEVICE_DAYS * DAY_SECONDS)
}

/// When the TTL takes its owner row.
pub(super) fn owner_purge(last_used_at: Millis) -> AttributeValue {
    n(last_used_at.seconds() + (DEVICE_DAYS + OWNER_EXTRA_DAYS) * DAY_SECONDS)
}

/// Whether a device is still one: the TTL is late by days.
pub(super) fn in_use(device: &Device, now: Millis) -> bool {
    device.last_used_at.plus_seconds(DEVICE_DAYS * DAY_SECONDS) > now
}

impl Recipients {
    /// Notes that a user's device (by its token or endpoint) was reached. False if the user has no such device.
    pub async fn device_reached(
        &self,
        tenant: &TenantId,
        user: &UserId,
        identity: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let hash = hash(identity);
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(device_key(tenant, user, &hash)))
            .update_expression("SET last_used_at = :now, purge_at = :purge")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":purge", device_purge(now))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedOld);
        match call.send().await {
            Ok(output) => {
                self.keep_owner(tenant, user, &hash, output.attributes.as_ref(), now).await?;
                Ok(true)
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// Moves the end of a device's owner row on, where the device was last used on another day than today.
    pub(super) async fn keep_owner(
        &self,
        tenant: &TenantId,
        user: &UserId,
        hash: &str,
        before: Option<&Item>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let used = before.and_then(|row| time(row, "last_used_at"));
        if used.is_some_and(|used| used.0.div_euclid(DAY_MILLIS) == now.0.div_euclid(DAY_MILLIS)) {
            return Ok(());
        }
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(owner_key(tenant, hash)))
            .update_expression("SET purge_at = :purge")
            .condition_expression("#user = :user")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", s(user.as_str()))
            .expression_attribute_values(":purge", owner_purge(now));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // It moves to another user at this moment, whose transaction says until when.
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(()),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }
}
