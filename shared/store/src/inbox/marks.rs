//! Read-all and seen-all: one read and one write, however long the inbox.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use carillon_domain::{AccountId, Millis, ReadMarks, Ulid};

use super::state::{Kind, marks_of};
use super::{Inbox, Scope};
use crate::StoreError;
use crate::item::{Item, key, ms, s, text};

/// Entries of all accounts that one account's read-all looks at first.
const FIRST_LOOK: i32 = 50;

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
        self.mark_all(scope, Kind::Read, now).await
    }

    /// Marks everything stored so far as seen, in the same way; what is not in `by_unread` was read, and so seen, or is
    /// archived or snoozed. False if nothing was unseen.
    pub async fn seen_all(&self, scope: &Scope, now: Millis) -> Result<bool, StoreError> {
        self.mark_all(scope, Kind::Seen, now).await
    }

    async fn mark_all(&self, scope: &Scope, kind: Kind, now: Millis) -> Result<bool, StoreError> {
        let account = scope.account.as_ref();
        let newest = match account {
            None => self.newest_unread(scope).await?,
            Some(account) => {
                let marks = self.marks(scope).await?;
                let seen = marks.seen_of(Some(account)).filter(|_| kind == Kind::Seen);
                let through = marks.of(Some(account)).into_iter().chain(seen).map(|mark| mark.through).max();
                self.newest_of(scope, account, through.unwrap_or(Ulid::nil())).await?
            }
        };
        let Some(newest) = newest else { return Ok(false) };
        let (mark, at) = kind.names(account);
        // What another mark covers is marked already: this one stays where it is.
        let others: Vec<String> = kind.covering(account).into_iter().map(|(mark, _)| mark).collect();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&scope.pk(), "state")))
            .update_expression("SET #mark = :through, #at = :now, is_state = :true")
            .expression_attribute_names("#at", at)
            .expression_attribute_names("#mark", mark)
            .expression_attribute_values(":through", s(newest.to_string()))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        let mut conditions = Vec::new();
        for (index, name) in others.into_iter().enumerate() {
            conditions.push(format!("NOT (#covers{index} >= :through)"));
            update = update.expression_attribute_names(format!("#covers{index}"), name);
        }
        match update.condition_expression(conditions.join(" AND ")).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// The newest `unread` there is.
    async fn newest_unread(&self, scope: &Scope) -> Result<Option<Ulid>, StoreError> {
        let page = self.newest(scope, Ulid::nil()).limit(1).send().await;
        let page = page.map_err(|error| StoreError::call("Query", &error))?;
        Ok(page.items.unwrap_or_default().first().and_then(unread_of))
    }

    /// The newest of this account, behind what is marked: looks at few entries first, because what makes somebody ask
    /// has just come, and at more where those are of other accounts.
    async fn newest_of(
        &self,
        scope: &Scope,
        account: &AccountId,
        through: Ulid,
    ) -> Result<Option<Ulid>, StoreError> {
        let mut from: Option<Item> = None;
        let mut look = FIRST_LOOK;
        loop {
            let query = self
                .newest(scope, through)
                .filter_expression("account_id = :account")
                .expression_attribute_values(":account", s(account.as_str()))
                .limit(look)
                .set_exclusive_start_key(from);
            let page = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
            if let Some(newest) = page.items.unwrap_or_default().first().and_then(unread_of) {
                return Ok(Some(newest));
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(None);
            }
            look = look.saturating_mul(4);
        }
    }

    /// The entries of `by_unread` behind a key, newest first.
    fn newest(&self, scope: &Scope, through: Ulid) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("by_unread")
            .select(Select::AllProjectedAttributes)
            .key_condition_expression("pk = :pk AND unread > :through")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":through", s(through.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
    }
}

fn unread_of(entry: &Item) -> Option<Ulid> {
    text(entry, "unread").and_then(|ulid| Ulid::from_string(ulid).ok())
}
