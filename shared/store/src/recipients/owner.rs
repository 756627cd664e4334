//! Who a token reaches: the owner row beside each device row. Both change only together, in transactions.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use carillon_domain::{TenantId, UserId};

use super::Recipients;
use crate::StoreError;
use crate::item::{Item, key, partition, s, text};

/// How often a transaction that lost is made again.
pub(super) const RETRIES: u32 = 9;

/// What became of a transaction.
pub(super) enum Outcome {
    /// All of it was written.
    Done,
    /// None of it was: something it rests on has changed.
    Lost(StoreError),
}

pub(super) fn device_sk(hash: &str) -> String {
    format!("device#{hash}")
}

pub(super) fn device_key(tenant: &TenantId, user: &UserId, hash: &str) -> Item {
    key(&partition(tenant, user), &device_sk(hash))
}

/// No tenant's id can contain `#`, so no user's partition is called so.
pub(super) fn owner_key(tenant: &TenantId, hash: &str) -> Item {
    key(&format!("token#{tenant}#{hash}"), "owner")
}

pub(super) fn owner_of(row: &Item) -> Option<&str> {
    text(row, "user")
}

/// Says that the code left out what the SDK requires.
pub(super) fn unbuilt(error: BuildError) -> StoreError {
    StoreError::call("TransactWriteItems", &SdkError::<TransactWriteItemsError>::construction_failure(error))
}

impl Recipients {
    /// The deletion of a user's device and its owner row, unless that is another user's by now.
    pub(super) fn removal(
        &self,
        tenant: &TenantId,
        user: &UserId,
        hash: &str,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let owner = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(owner_key(tenant, hash)))
            .condition_expression("attribute_not_exists(pk) OR #user = :user")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", s(user.as_str()))
            .build()
            .map_err(unbuilt)?;
        let owner = TransactWriteItem::builder().delete(owner).build();
        Ok(vec![self.device_removal(tenant, user, hash)?, owner])
    }

    /// The deletion of a user's device alone: for who takes it over.
    pub(super) fn device_removal(
        &self,
        tenant: &TenantId,
        user: &UserId,
        hash: &str,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = device_key(tenant, user, hash);
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key)).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(unbuilt)?).build())
    }

    /// Writes all or nothing. The SDK names the request, so its own retry of a lost answer is no second one.
    pub(super) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Outcome, StoreError> {
        let call = self.client.transact_write_items().set_transact_items(Some(items));
        let Err(error) = call.send().await else { return Ok(Outcome::Done) };
        let may_win = |code: &str| {
            matches!(
                code,
                "None"
                    | "ConditionalCheckFailed"
                    | "TransactionConflict"
                    | "ThrottlingError"
                    | "ProvisionedThroughputExceeded"
            )
        };
        let lost = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).all(may_win)
            }
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => true,
            _ => false,
        };
        let error = StoreError::call("TransactWriteItems", &error);
        if lost { Ok(Outcome::Lost(error)) } else { Err(error) }
    }
}
