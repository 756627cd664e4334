//! Read-all and seen-all: one read and one write, however long the inbox.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::Select;
use carillon_domain::{Millis, ReadMarks, Ulid};

use super::{Inbox, Scope, marks_of};
use crate::StoreError;
use crate::item::{Item, key, ms, s, text};

impl Inbox {
    /// How far read-all and seen-all reach for this user; consistent.
    pub async fn marks(&self, scope: &Scope) -> Result<ReadMarks, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&scope.pk(), "state")))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::call("GetItem", &error))?;
        Ok(got.item.map(|item| marks_of(&item)).unwrap_or_default())
    }

    /// Marks everything stored so far as read: reads the newest entry of `by_unread` and moves the mark there. It
    /// is never a clock's time, so what is stored later, however old its id, stays unread. False if nothing was
    /// unread.
    pub async fn read_all(&self, scope: &Scope, now: Millis) -> Result<bool, StoreError> {
        self.mark_all(scope, "read_through", now).await
    }

    /// Marks everything stored so far as seen, in the same way; what is not in `by_unread` was read, and so seen, or is
    /// archived or snoozed. False if nothing was unseen.
    pub async fn seen_all(&self, scope: &Scope, now: Millis) -> Result<bool, StoreError> {
        self.mark_all(scope, "seen_through", now).await
    }

    async fn mark_all(&self, scope: &Scope, kind: &str, now: Millis) -> Result<bool, StoreError> {
        let Some(newest) = self.newest_unread(scope).await? else { return Ok(false) };
        let mark = scope.mark(kind);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&scope.pk(), "state")))
            .update_expression("SET #mark = :through, #at = :now, is_state = :true")
            .condition_expression("attribute_not_exists(#mark) OR #mark < :through")
            .expression_attribute_names("#at", format!("{mark}_at"))
            .expression_attribute_names("#mark", mark)
            .expression_attribute_values(":through", s(newest.to_string()))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":true", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
            .send()
            .await;
        match update {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// The newest `unread` there is; for an account, the newest of that account.
    async fn newest_unread(&self, scope: &Scope) -> Result<Option<Ulid>, StoreError> {
        let mut from: Option<Item> = None;
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_unread")
                .select(Select::AllProjectedAttributes)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(scope.pk()))
                .scan_index_forward(false)
                .consistent_read(true)
                .set_exclusive_start_key(from);
            query = match &scope.account {
                None => query.limit(1),
                Some(account) => query
                    .filter_expression("account_id = :account")
                    .expression_attribute_values(":account", s(account.as_str())),
            };
            let page = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
            let first = page.items.as_deref().and_then(<[Item]>::first);
            if let Some(ulid) = first.and_then(|item| text(item, "unread")) {
                return Ok(Ulid::from_string(ulid).ok());
            }
            match page.last_evaluated_key {
                Some(next) => from = Some(next),
                None => return Ok(None),
            }
        }
    }
}
