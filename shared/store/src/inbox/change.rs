//! Changing one notification. Every update requires that the row exists and may be seen by the scope, so nothing
//! late can bring a row back.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::{Millis, Notification, NotificationId, ReadMarks, Ulid, mint_after};

use super::{Inbox, Row, Scope, from_item, sk};
use crate::StoreError;
use crate::item::{Item, key, ms, s};

/// A notification after a change, and whether there was one: repeating a change is no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// As it stands now.
    pub notification: Notification,
    /// False if it already was so.
    pub changed: bool,
}

/// An update expression with its own condition, beside the one that the row exists.
struct Update<'a> {
    set: &'a str,
    condition: &'a str,
    values: Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)>,
}

/// What an update met.
enum Met {
    /// It was applied; this stood there before.
    Applied(Item),
    /// Its condition did not hold for this.
    Refused(Item),
    /// No row, or not this scope's.
    Nothing,
}

impl Inbox {
    /// Marks one as read: one call. None if there is no such notification.
    pub async fn mark_read(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let update = Update {
            set: "SET read_at = if_not_exists(read_at, :now) REMOVE unread",
            condition: "",
            values: vec![(":now", ms(now))],
        };
        match self.update(scope, id, update).await? {
            Met::Applied(old) | Met::Refused(old) => changed(id, old, |notification| {
                notification.unread = None;
                notification.read_at.replace(notification.read_at.unwrap_or(now)).is_none()
            }),
            Met::Nothing => Ok(None),
        }
    }

    /// Marks one as unread again: it gets a new place in `by_unread`, after the read-all mark, so that it counts.
    pub async fn mark_unread(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let minted = mint_after(now, marks.furthest());
        let through = marks.furthest().unwrap_or_else(Ulid::nil);
        let values = || vec![(":unread", s(minted.to_string())), (":through", s(through.to_string()))];
        // An archived one is not counted, so its key waits in `held`.
        let places = [
            Update {
                set: "SET unread = :unread REMOVE read_at",
                condition: "attribute_not_exists(archived_at) AND (attribute_not_exists(unread) OR unread <= :through)",
                values: values(),
            },
            Update {
                set: "SET held = :unread REMOVE read_at",
                condition: "attribute_exists(archived_at) AND (attribute_exists(read_at) OR held <= :through)",
                values: values(),
            },
        ];
        let mut unchanged = None;
        for update in places {
            match self.update(scope, id, update).await? {
                Met::Nothing => return Ok(None),
                Met::Refused(old) => unchanged = Some(old),
                Met::Applied(old) => {
                    return changed(id, old, |notification| {
                        notification.read_at = None;
                        if notification.archived_at.is_some() {
                            notification.held = Some(minted);
                        } else {
                            notification.unread = Some(minted);
                        }
                        true
                    });
                }
            }
        }
        unchanged.map_or(Ok(None), |old| changed(id, old, |_| false))
    }

    /// Archives one: out of the list and the count at once, still there, read or not as it was.
    pub async fn archive(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let update = Update {
            set: "SET archived_at = :now, held = if_not_exists(unread, :nil) REMOVE unread",
            condition: "attribute_not_exists(archived_at)",
            values: vec![(":now", ms(now)), (":nil", s(Ulid::nil().to_string()))],
        };
        match self.update(scope, id, update).await? {
            Met::Nothing => Ok(None),
            Met::Refused(old) => changed(id, old, |_| false),
            Met::Applied(old) => changed(id, old, |notification| {
                notification.archived_at = Some(now);
                notification.held = Some(notification.unread.take().unwrap_or_else(Ulid::nil));
                true
            }),
        }
    }

    async fn update(
        &self,
        scope: &Scope,
        id: &NotificationId,
        update: Update<'_>,
    ) -> Result<Met, StoreError> {
        let condition = if update.condition.is_empty() {
            scope.live().to_owned()
        } else {
            format!("{} AND {}", scope.live(), update.condition)
        };
        let mut call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&scope.pk(), &sk(id.ulid))))
            .update_expression(update.set)
            .condition_expression(condition)
            .set_expression_attribute_values(scope.live_values())
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in update.values {
            call = call.expression_attribute_values(name, value);
        }
        match call.send().await {
            Ok(output) => Ok(output.attributes.map_or(Met::Nothing, Met::Applied)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
                    Ok(seen(scope, lost.item.clone()))
                }
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }
}

/// A condition fails for a row that is not there, that is a tombstone, or that is not this scope's, too.
fn seen(scope: &Scope, item: Option<Item>) -> Met {
    let own = |item: &Item| {
        let account = crate::item::text(item, "account_id");
        scope.account.as_ref().is_none_or(|wanted| account == Some(wanted.as_str()))
    };
    match item {
        Some(item) if !item.contains_key("deleted_at") && own(&item) => Met::Refused(item),
        _ => Met::Nothing,
    }
}

fn changed(
    id: &NotificationId,
    old: Item,
    apply: impl FnOnce(&mut Notification) -> bool,
) -> Result<Option<Change>, StoreError> {
    match from_item(&id.user, old)? {
        Row::Gone(_) => Ok(None),
        Row::Live(mut notification) => {
            let changed = apply(&mut notification);
            Ok(Some(Change { notification: *notification, changed }))
        }
    }
}
