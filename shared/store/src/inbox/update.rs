//! Updates of one row, under a condition: the row must be there, live and the scope's, so that nothing late can bring
//! one back.

use std::borrow::Cow;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::{Notification, NotificationId};

use super::{Inbox, Row, Scope, from_item, sk};
use crate::StoreError;
use crate::item::{Item, key, text};

/// A refused update is tried as what the row that stood there asks for; each further round is a race lost.
const MAX_ROUNDS: usize = 10;

/// A notification after a change, and whether there was one: repeating a change is no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// As it stands now.
    pub notification: Notification,
    /// False if it already was so.
    pub changed: bool,
}

/// An update expression and the state of the row that it is meant for.
pub(super) struct Update {
    /// What it does.
    pub(super) set: Cow<'static, str>,
    /// Beside the one that the row is there.
    pub(super) condition: &'static str,
    /// Exactly those that the two above name.
    pub(super) values: Vec<(&'static str, AttributeValue)>,
    /// Likewise.
    pub(super) names: &'static [(&'static str, &'static str)],
}

impl Update {
    pub(super) fn new(
        set: impl Into<Cow<'static, str>>,
        condition: &'static str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Self {
        Self { set: set.into(), condition, values, names: &[] }
    }
}

/// What an update met.
pub(super) enum Met {
    /// It was applied; this stands there now.
    Applied(Item),
    /// Its condition did not hold for this.
    Refused(Item),
    /// No row, or not this scope's.
    Nothing,
}

impl Inbox {
    /// Makes the change `first`, one call where the row is in the state that `first` is meant for. Else `next` says what
    /// the row that stands there needs, nothing if it already is so. None if there is no such notification.
    pub(super) async fn settle(
        &self,
        scope: &Scope,
        id: &NotificationId,
        first: Update,
        next: impl Fn(&Notification) -> Option<Update>,
    ) -> Result<Option<Change>, StoreError> {
        let mut update = first;
        for _ in 0..MAX_ROUNDS {
            let (item, changed) = match self.update(scope, id, update).await? {
                Met::Nothing => return Ok(None),
                Met::Applied(new) => (new, true),
                Met::Refused(old) => (old, false),
            };
            let Row::Live(notification) = from_item(&id.user, item)? else { return Ok(None) };
            match next(&notification).filter(|_| !changed) {
                Some(needed) => update = needed,
                None => return Ok(Some(Change { notification: *notification, changed })),
            }
        }
        Err(StoreError::Contended)
    }

    /// One conditional update.
    pub(super) async fn update(
        &self,
        scope: &Scope,
        id: &NotificationId,
        update: Update,
    ) -> Result<Met, StoreError> {
        let mut call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&scope.pk(), &sk(id.ulid))))
            .update_expression(update.set)
            .condition_expression(format!("{} AND ({})", scope.live(), update.condition))
            .set_expression_attribute_values(scope.live_values())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in update.values {
            call = call.expression_attribute_values(name, value);
        }
        for (name, attribute) in update.names {
            call = call.expression_attribute_names(*name, *attribute);
        }
        match call.send().await {
            Ok(output) => Ok(output.attributes.map_or(Met::Nothing, Met::Applied)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
                    Ok(refused(scope, lost.item.clone()))
                }
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }
}

/// A condition fails for a row that is not there, that is a tombstone, or that is not this scope's, too.
fn refused(scope: &Scope, item: Option<Item>) -> Met {
    let own = |item: &Item| {
        scope.account.as_ref().is_none_or(|wanted| text(item, "account_id") == Some(wanted.as_str()))
    };
    match item {
        Some(item) if !item.contains_key("deleted_at") && own(&item) => Met::Refused(item),
        _ => Met::Nothing,
    }
}
