//! Putting rows, and putting an end to them.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::{Millis, Notification, NotificationId, TenantId};

use super::{Inbox, PURGE_SECONDS, Row, Scope, Tombstone, from_item, sk, to_item};
use crate::StoreError;
use crate::item::{Item, key, ms, n, partition, s};

/// What a put came to.
#[derive(Debug)]
pub enum Put {
    /// It is stored now.
    Stored,
    /// It was stored before: a redelivery. This is what stands there.
    Already(Box<Notification>),
    /// It was deleted or cancelled; it must not come back.
    Gone,
}

/// Who cancels.
#[derive(Debug, Clone, Copy)]
pub struct Canceller<'a> {
    /// The `sub` of the token.
    pub producer: &'a str,
    /// Whether it may withdraw anybody's.
    pub admin: bool,
}

impl Tombstone {
    /// Whether it keeps this producer's notification from being stored. A user's deletion always does.
    #[must_use]
    pub fn holds(&self, producer: &str) -> bool {
        self.by_admin || self.cancelled_by.is_empty() || self.cancelled_by.iter().any(|by| by == producer)
    }
}

/// What a cancellation came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It will not be stored; if it was cancelled before, since then.
    At(Millis),
    /// Too late: it is in the inbox, or was and the user deleted it.
    AlreadySent {
        /// Whose it is, if it is still there.
        producer: Option<String>,
    },
}

impl Inbox {
    /// Stores a new notification, once: losing to what is already there is a result, not an error.
    pub async fn put(&self, tenant: &TenantId, notification: &Notification) -> Result<Put, StoreError> {
        let item = to_item(tenant, notification)?;
        let Some(old) = self.put_new(item.clone()).await? else { return Ok(Put::Stored) };
        match from_item(&notification.id.user, old)? {
            Row::Live(stored) => Ok(Put::Already(stored)),
            Row::Gone(gone) if gone.holds(&notification.producer) => Ok(Put::Gone),
            // Withdrawn by somebody whose notification it is not, who could not know: it counts for nothing, unless its
            // own producer withdraws it at this very moment.
            Row::Gone(_) => {
                let condition = "attribute_exists(cancelled_by) AND attribute_not_exists(by_admin) AND NOT contains(cancelled_by, :own)";
                let own = Item::from([(String::from(":own"), s(&notification.producer))]);
                match self.put_if(item, condition, Some(own)).await? {
                    None => Ok(Put::Stored),
                    Some(_) => Ok(Put::Gone),
                }
            }
        }
    }

    /// Withdraws what has not been stored yet, by taking its place. Whose it is shows when it comes to be stored: only
    /// its own producer's cancellation, or an admin's, holds then.
    pub async fn cancel(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        by: &Canceller<'_>,
        now: Millis,
    ) -> Result<Cancelled, StoreError> {
        let mut tombstone = tombstone(key(&partition(tenant, &id.user), &sk(id.ulid)), id, now);
        tombstone.insert(String::from("cancelled_at"), ms(now));
        tombstone.insert(String::from("cancelled_by"), AttributeValue::Ss(vec![by.producer.to_owned()]));
        if by.admin {
            tombstone.insert(String::from("by_admin"), AttributeValue::Bool(true));
        }
        let Some(old) = self.put_new(tombstone).await? else {
            return Ok(Cancelled::At(now));
        };
        Ok(match from_item(&id.user, old)? {
            Row::Live(stored) => Cancelled::AlreadySent { producer: Some(stored.producer) },
            Row::Gone(gone) => match gone.cancelled_at {
                None => Cancelled::AlreadySent { producer: None },
                Some(at) if gone.holds(by.producer) => Cancelled::At(at),
                // Somebody else did, and it is not known yet whose it is.
                Some(at) => {
                    self.also_cancelled(tenant, id, by).await?;
                    Cancelled::At(at)
                }
            },
        })
    }

    /// Adds one to those who cancelled.
    async fn also_cancelled(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        by: &Canceller<'_>,
    ) -> Result<(), StoreError> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, &id.user), &sk(id.ulid))))
            .condition_expression("attribute_exists(cancelled_by)")
            .expression_attribute_values(":by", AttributeValue::Ss(vec![by.producer.to_owned()]));
        let call = if by.admin {
            call.update_expression("ADD cancelled_by :by SET by_admin = :true")
                .expression_attribute_values(":true", AttributeValue::Bool(true))
        } else {
            call.update_expression("ADD cancelled_by :by")
        };
        call.send().await.map(drop).map_err(|error| StoreError::call("UpdateItem", &error))
    }

    /// Deletes a notification and answers with what it was; None if there is none. Its key stays taken until the
    /// TTL, without content.
    pub async fn delete(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Box<Notification>>, StoreError> {
        self.delete_if(scope, id, None, now).await
    }

    /// Deletes one that meets a condition, too.
    pub(super) async fn delete_if(
        &self,
        scope: &Scope,
        id: &NotificationId,
        condition: Option<(&str, Item)>,
        now: Millis,
    ) -> Result<Option<Box<Notification>>, StoreError> {
        let mut wanted = scope.live().to_owned();
        let mut values = scope.live_values().unwrap_or_default();
        if let Some((condition, its)) = condition {
            wanted = format!("{wanted} AND ({condition})");
            values.extend(its);
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(tombstone(key(&scope.pk(), &sk(id.ulid)), id, now)))
            .condition_expression(wanted)
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match put {
            Ok(output) => match from_item(&id.user, output.attributes.unwrap_or_default())? {
                Row::Live(was) => Ok(Some(was)),
                Row::Gone(_) => Ok(None),
            },
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(StoreError::call("PutItem", &error)),
            },
        }
    }

    /// Puts where there is nothing; answers with what stood in the way.
    async fn put_new(&self, item: Item) -> Result<Option<Item>, StoreError> {
        self.put_if(item, "attribute_not_exists(pk)", None).await
    }

    /// Puts under a condition; answers with what stood in the way.
    async fn put_if(
        &self,
        item: Item,
        condition: &str,
        values: Option<Item>,
    ) -> Result<Option<Item>, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(lost)) => {
                    Ok(Some(lost.item.clone().unwrap_or_default()))
                }
                _ => Err(StoreError::call("PutItem", &error)),
            },
        }
    }
}

/// Outlives every message that could bring the notification back.
fn tombstone(mut key: Item, id: &NotificationId, now: Millis) -> Item {
    let from = now.max(Millis::of(id.ulid));
    key.insert(String::from("deleted_at"), ms(now));
    key.insert(String::from("purge_at"), n(from.seconds() + PURGE_SECONDS));
    key
}

impl Scope {
    /// The condition that a notification exists and this scope may see it.
    pub(super) fn live(&self) -> &'static str {
        match self.account {
            Some(_) => "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND account_id = :account",
            None => "attribute_exists(pk) AND attribute_not_exists(deleted_at)",
        }
    }

    /// The values of [`Scope::live`].
    pub(super) fn live_values(&self) -> Option<Item> {
        self.account.as_ref().map(|account| Item::from([(String::from(":account"), s(account.as_str()))]))
    }
}
