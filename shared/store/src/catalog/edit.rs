//! Changing a document, and noting the change, in one transaction.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use carillon_domain::{Millis, TenantId, UserId};

use super::{Catalog, Version, Versioned};
use crate::StoreError;
use crate::item::{Item, key, ms, s};

/// How many versions of a document are kept, deletions included.
const KEPT: u32 = 20;
/// How DynamoDB says that a condition did not hold …
const CONDITION: &str = "ConditionalCheckFailed";
/// … and that another transaction was at it.
const CONFLICT: &str = "TransactionConflict";

/// What a document is to be.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// None deletes it.
    pub document: Option<&'a str>,
    /// When.
    pub at: Millis,
    /// Whose token it is.
    pub by: &'a UserId,
    /// The version whose document it is again.
    pub restored: Option<u32>,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It holds, as the version with this number.
    Done(u32),
    /// Somebody else changed the document at the same time; nothing of this was written.
    Conflict,
    /// There is no document to delete.
    Missing,
}

impl Catalog {
    /// Puts or deletes a document, as its next version.
    pub async fn edit(
        &self,
        tenant: &TenantId,
        what: Versioned<'_>,
        edit: Edit<'_>,
    ) -> Result<Edited, StoreError> {
        let number = self.newest(tenant, what).await?.saturating_add(1);
        let mut items = vec![self.version_put(tenant, what, number, edit)?, self.change(tenant, what, edit)?];
        if let Some(old) = number.checked_sub(KEPT).filter(|old| *old > 0) {
            let delete = Delete::builder().table_name(&self.table);
            let delete = delete.set_key(Some(key(tenant.as_str(), &what.version_sk(old))));
            items.push(TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build());
        }
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(items)).send().await
        else {
            return Ok(Edited::Done(number));
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
        else {
            return Err(StoreError::call("TransactWriteItems", &error));
        };
        let reasons = cancelled.cancellation_reasons();
        let reason = |index: usize| reasons.get(index).and_then(|reason| reason.code()).unwrap_or_default();
        match (reason(0), reason(1)) {
            (CONDITION, _) => Ok(Edited::Conflict),
            _ if (0..reasons.len()).any(|index| reason(index) == CONFLICT) => Ok(Edited::Conflict),
            (_, CONDITION) => Ok(Edited::Missing),
            _ => Err(StoreError::call("TransactWriteItems", &error)),
        }
    }

    fn version_put(
        &self,
        tenant: &TenantId,
        what: Versioned<'_>,
        number: u32,
        edit: Edit<'_>,
    ) -> Result<TransactWriteItem, StoreError> {
        let version = Version {
            number,
            document: edit.document.map(str::to_owned),
            deleted: edit.document.is_none(),
            at: edit.at,
            by: edit.by.clone(),
            restored: edit.restored,
        };
        let mut item: Item = serde_dynamo::to_item(&version)?;
        item.extend(key(tenant.as_str(), &what.version_sk(number)));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
    }

    fn change(
        &self,
        tenant: &TenantId,
        what: Versioned<'_>,
        edit: Edit<'_>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = key(tenant.as_str(), &what.sk());
        let change = TransactWriteItem::builder();
        let Some(document) = edit.document else {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(item));
            let delete = delete.condition_expression("attribute_exists(pk)");
            return Ok(change.delete(delete.build().map_err(unbuilt)?).build());
        };
        item.insert(String::from("text"), s(document));
        item.insert(String::from("updated_at"), ms(edit.at));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        Ok(change.put(put.build().map_err(unbuilt)?).build())
    }
}

/// Says that the code left out what the SDK requires.
fn unbuilt(error: BuildError) -> StoreError {
    StoreError::call("TransactWriteItems", &SdkError::<TransactWriteItemsError>::construction_failure(error))
}
