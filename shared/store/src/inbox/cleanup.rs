//! Clearing out what is past retention, some at a time.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use carillon_domain::{AccountId, Millis, NotificationId, ReadMarks, Ulid, ulid_at};

use super::change::from_list;
use super::update::Met;
use super::{Inbox, Scope, cutoff, sk, ulid_of};
use crate::StoreError;
use crate::item::{Item, ms, s, text};

/// Changed by one call.
const MOST: usize = 500;
/// Changed at once.
const AT_ONCE: usize = 25;
/// Of at most 1 MB each, read by one call. Reading is what takes time where almost nothing is to be changed.
const MAX_PAGES: usize = 40;
/// What is deleted. What is snoozed is not archived.
const OLD_ARCHIVED: &str = "archived_at <= :cutoff AND attribute_not_exists(pinned_at)";

/// One that a clean-up changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// Which.
    pub id: NotificationId,
    /// The account it is of.
    pub account: Option<AccountId>,
}

/// What a clean-up came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Unread ones past retention that are archived now.
    pub archived: Vec<Cleared>,
    /// Ones archived for longer than retention that are deleted now.
    pub deleted: Vec<Cleared>,
    /// Whether another call may find more.
    pub more: bool,
}

/// How far a call may still go.
struct Budget {
    changes: usize,
    pages: usize,
}

/// What is to be done with what is found.
#[derive(Clone, Copy)]
enum Fate<'a> {
    /// Of what these marks do not cover.
    Archive(&'a ReadMarks),
    Delete,
}

impl Cleaned {
    fn of(&mut self, fate: Fate<'_>) -> &mut Vec<Cleared> {
        match fate {
            Fate::Archive(_) => &mut self.archived,
            Fate::Delete => &mut self.deleted,
        }
    }
}

impl Inbox {
    /// Archives what is unread and past retention, and deletes what was archived longer ago than that. Pinned and snoozed
    /// ones are left alone; what is read and past retention counts as archived as it is, and goes with the TTL. What was
    /// changed is in `cleaned` even where this fails half-way.
    pub async fn cleanup_old(
        &self,
        scope: &Scope,
        now: Millis,
        cleaned: &mut Cleaned,
    ) -> Result<(), StoreError> {
        let marks = self.marks(scope).await?;
        let mut budget = Budget { changes: MOST, pages: MAX_PAGES };
        for fate in [Fate::Archive(&marks), Fate::Delete] {
            self.sweep(scope, fate, &mut budget, cleaned, now).await?;
        }
        // Without any change the next call would read the same again.
        cleaned.more &= budget.changes < MOST;
        Ok(())
    }

    /// Changes what there is for one fate, as far as the budget goes.
    async fn sweep(
        &self,
        scope: &Scope,
        fate: Fate<'_>,
        budget: &mut Budget,
        cleaned: &mut Cleaned,
        now: Millis,
    ) -> Result<(), StoreError> {
        let query = match fate {
            Fate::Archive(marks) => self.old_unread(scope, marks, now),
            Fate::Delete => self.old_archived(scope, now),
        };
        let mut from = None;
        loop {
            if budget.changes == 0 || budget.pages == 0 {
                cleaned.more = true;
                return Ok(());
            }
            budget.pages -= 1;
            let page = query.clone().set_exclusive_start_key(from).send().await;
            let page = page.map_err(|error| StoreError::call("Query", &error))?;
            let mut found = page.items.unwrap_or_default();
            found.retain(|item| match fate {
                Fate::Archive(marks) => is_unread(item, marks),
                Fate::Delete => true,
            });
            let found: Vec<Ulid> = found.iter().filter_map(ulid_of).collect();
            let mut left = found.as_slice();
            while !left.is_empty() && budget.changes > 0 {
                let (some, rest) = left.split_at(left.len().min(AT_ONCE).min(budget.changes));
                let done = some.iter().map(|&ulid| self.meet(scope, ulid, fate, now));
                // All of them, so that none is changed and not known of.
                let done = futures::future::join_all(done).await;
                let mut failure = Ok(());
                for one in done {
                    match one {
                        Ok(one) => {
                            budget.changes -= usize::from(one.is_some());
                            cleaned.of(fate).extend(one);
                        }
                        Err(error) => failure = Err(error),
                    }
                }
                failure?;
                left = rest;
            }
            cleaned.more |= !left.is_empty();
            match page.last_evaluated_key {
                Some(next) => from = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Changes one, if it still is what was found.
    async fn meet(
        &self,
        scope: &Scope,
        ulid: Ulid,
        fate: Fate<'_>,
        now: Millis,
    ) -> Result<Option<Cleared>, StoreError> {
        let id = NotificationId { ulid, user: scope.user.clone() };
        let account = match fate {
            Fate::Archive(_) => {
                let mut update = from_list(now);
                update.condition = "attribute_exists(unread) AND attribute_not_exists(pinned_at)";
                match self.update(scope, &id, update).await? {
                    Met::Applied(item) => Some(account_of(&item)),
                    Met::Refused(_) | Met::Nothing => None,
                }
            }
            Fate::Delete => {
                let values = Item::from([(String::from(":cutoff"), ms(cutoff(now)))]);
                let was = self.delete_if(scope, &id, Some((OLD_ARCHIVED, values)), now).await?;
                was.map(|was| was.account_id)
            }
        };
        Ok(account.map(|account| Cleared { id, account }))
    }

    /// Entries of `by_unread` past retention, behind the read-all mark.
    fn old_unread(&self, scope: &Scope, marks: &ReadMarks, now: Millis) -> QueryFluentBuilder {
        let through = marks.of(scope.account.as_ref()).map_or_else(Ulid::nil, |mark| mark.through);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_unread")
            .key_condition_expression("pk = :pk AND unread > :through")
            .projection_expression("sk, unread, account_id")
            .expression_attribute_values(":through", s(through.to_string()))
            .consistent_read(true);
        of_scope(query, scope, "created_at <= :cutoff", now)
    }

    /// Rows that were archived before the retention began.
    fn old_archived(&self, scope: &Scope, now: Millis) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
            .projection_expression("sk")
            .expression_attribute_values(":oldest", s(sk(Ulid::nil())))
            .expression_attribute_values(":newest", s(sk(ulid_at(cutoff(now).plus_millis(1)))))
            .consistent_read(true);
        of_scope(query, scope, OLD_ARCHIVED, now)
    }
}

/// The query limited to what is past retention and the scope's.
fn of_scope(query: QueryFluentBuilder, scope: &Scope, filter: &str, now: Millis) -> QueryFluentBuilder {
    let query = query
        .expression_attribute_values(":pk", s(scope.pk()))
        .expression_attribute_values(":cutoff", ms(cutoff(now)));
    match &scope.account {
        None => query.filter_expression(filter),
        Some(account) => query
            .filter_expression(format!("{filter} AND account_id = :account"))
            .expression_attribute_values(":account", s(account.as_str())),
    }
}

/// Whether an entry of `by_unread` is not covered by its account's mark.
fn is_unread(entry: &Item, marks: &ReadMarks) -> bool {
    let account = account_of(entry);
    let key = text(entry, "unread").and_then(|ulid| Ulid::from_string(ulid).ok());
    key.is_some_and(|key| !marks.covers(key, account.as_ref()))
}

fn account_of(item: &Item) -> Option<AccountId> {
    text(item, "account_id").and_then(|account| AccountId::parse(account).ok())
}
