//! Reading: one, a page, the count.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use carillon_domain::{AccountId, Millis, Notification, NotificationId, ReadMarks, Ulid, ulid_at};

use super::{Inbox, Row, Scope, cutoff, from_item, live, marks_of, sk, ulid_of};
use crate::StoreError;
use crate::item::{Item, key, ms, s, text};

/// Most queries for one page: a filter that matches almost nothing gets a cursor, not a time-out.
const MAX_ROUNDS: usize = 10;

/// Which notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Not archived, not past retention.
    Current,
    /// Of these, the unread ones.
    Unread,
    /// Archived, by hand or by age.
    Archived,
}

/// One page of a list, newest first.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// Which notifications.
    pub view: View,
    /// At most so many.
    pub limit: usize,
    /// The last one of the page before.
    pub after: Option<Ulid>,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub items: Vec<Notification>,
    /// Where the next page starts, if there is one.
    pub next: Option<Ulid>,
    /// As of this read.
    pub marks: ReadMarks,
    /// What [`Inbox::unread_count`] would say, where the page's own reads tell it.
    pub unread_count: Option<u64>,
}

impl Inbox {
    /// One notification or what is left of it; consistent. Another account's is none.
    pub async fn get(&self, scope: &Scope, id: &NotificationId) -> Result<Option<Row>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&scope.pk(), &sk(id.ulid))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::call("GetItem", &error))?;
        let Some(item) = got.item else { return Ok(None) };
        let row = from_item(&scope.user, item)?;
        let own = match (&row, &scope.account) {
            (Row::Live(live), Some(account)) => live.account_id.as_ref() == Some(account),
            (Row::Gone(_), _) | (Row::Live(_), None) => true,
        };
        Ok(own.then_some(row))
    }

    /// How many are unread, not archived, not past retention. Consistent, and linear only in what is unread since
    /// the last read-all. `marks` must be read first (or come from the page).
    pub async fn unread_count(
        &self,
        scope: &Scope,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<u64, StoreError> {
        if scope.account.is_none() && !marks.accounts.is_empty() {
            // Some accounts were read further than the rest: only the entries themselves tell.
            return Ok(self.unread_ids(scope, marks, now).await?.len() as u64);
        }
        let mut count = 0;
        let mut from = None;
        loop {
            let query =
                self.unread_query(scope, marks, now).select(Select::Count).set_exclusive_start_key(from);
            let page = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
            count += u64::try_from(page.count).unwrap_or_default();
            match page.last_evaluated_key {
                Some(next) => from = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// One page, newest first.
    pub async fn page(&self, scope: &Scope, wanted: &PageQuery, now: Millis) -> Result<Page, StoreError> {
        match wanted.view {
            View::Unread => self.unread_page(scope, wanted, now).await,
            View::Current | View::Archived => self.table_page(scope, wanted, now).await,
        }
    }

    /// The unread ones by their id, not by when they became unread: reads the same index entries as the count (so
    /// the count comes for nothing), and then the rows of the page.
    async fn unread_page(&self, scope: &Scope, wanted: &PageQuery, now: Millis) -> Result<Page, StoreError> {
        let marks = self.marks(scope).await?;
        let mut all = self.unread_ids(scope, &marks, now).await?;
        all.sort_unstable_by(|a, b| b.cmp(a));
        let unread_count = Some(all.len() as u64);
        let mut page: Vec<Ulid> =
            all.into_iter().filter(|ulid| wanted.after.is_none_or(|after| *ulid < after)).collect();
        let next = if page.len() > wanted.limit { page.get(wanted.limit - 1).copied() } else { None };
        page.truncate(wanted.limit);
        let keys = page.iter().map(|ulid| key(&scope.pk(), &sk(*ulid))).collect();
        let mut items = self.fetch(scope, keys).await?;
        items.retain(|one| !one.is_read(&marks));
        items.reverse();
        Ok(Page { items, next, marks, unread_count })
    }

    /// The ids of all that is unread.
    async fn unread_ids(
        &self,
        scope: &Scope,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Vec<Ulid>, StoreError> {
        let entries: Vec<Item> = self
            .unread_query(scope, marks, now)
            .projection_expression("sk, unread, account_id")
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let unread = entries.iter().filter(|entry| {
            let account = text(entry, "account_id").and_then(|account| AccountId::parse(account).ok());
            let minted = text(entry, "unread").and_then(|ulid| Ulid::from_string(ulid).ok());
            minted.is_some_and(|minted| !marks.covers(minted, account.as_ref()))
        });
        Ok(unread.filter_map(ulid_of).collect())
    }

    /// The first page's own query brings the read marks along: `state` sorts right after the newest.
    async fn table_page(&self, scope: &Scope, wanted: &PageQuery, now: Millis) -> Result<Page, StoreError> {
        let mut marks = match wanted.after {
            Some(_) => self.marks(scope).await?,
            None => ReadMarks::default(),
        };
        // What lies past retention meanwhile is past the end of this list; DynamoDB refuses to start outside a range.
        let oldest = ulid_at(oldest(wanted.view, now));
        if wanted.after.is_some_and(|after| after < oldest) {
            return Ok(Page { items: Vec::new(), next: None, marks, unread_count: None });
        }
        let mut items: Vec<Notification> = Vec::new();
        let mut start = wanted.after.map(|after| key(&scope.pk(), &sk(after)));
        let mut bounded = true;
        for _ in 0..MAX_ROUNDS {
            let limit = (wanted.limit + 2).saturating_sub(items.len());
            let page = self
                .table_query(scope, wanted.view, now)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::call("Query", &error))?;
            let (state, rows): (Vec<Item>, Vec<Item>) = page
                .items
                .unwrap_or_default()
                .into_iter()
                .partition(|item| text(item, "sk") == Some("state"));
            if let Some(state) = state.first() {
                marks = marks_of(state);
            }
            items.extend(live(&scope.user, rows));
            start = page.last_evaluated_key;
            if start.is_none() || items.len() > wanted.limit {
                bounded = false;
                break;
            }
        }
        let stopped_at = start.as_ref().filter(|_| bounded).and_then(ulid_of);
        let more = items.len() > wanted.limit;
        items.truncate(wanted.limit);
        let last = items.last().map(|last| last.id.ulid);
        Ok(Page { items, next: if more { last } else { stopped_at }, marks, unread_count: None })
    }

    fn table_query(&self, scope: &Scope, view: View, now: Millis) -> QueryFluentBuilder {
        let archived = view == View::Archived;
        let filter = if archived {
            "(attribute_exists(archived_at) OR created_at <= :cutoff OR is_state = :true)"
        } else {
            "attribute_not_exists(archived_at)"
        };
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :state")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":oldest", s(sk(ulid_at(oldest(view, now)))))
            .expression_attribute_values(":state", s("state"))
            .scan_index_forward(false)
            .consistent_read(true);
        if archived {
            query = query
                .expression_attribute_values(":cutoff", ms(cutoff(now)))
                .expression_attribute_values(":true", AttributeValue::Bool(true));
        }
        let filter = format!("attribute_not_exists(deleted_at) AND {filter}");
        match &scope.account {
            None => query.filter_expression(filter),
            Some(account) => query
                .filter_expression(format!(
                    "{filter} AND (account_id = :account OR attribute_exists(is_state))"
                ))
                .expression_attribute_values(":account", s(account.as_str())),
        }
    }

    /// What counts as unread for this scope.
    fn unread_query(&self, scope: &Scope, marks: &ReadMarks, now: Millis) -> QueryFluentBuilder {
        // For all accounts, only what was read for all; for one, the further of that and its own.
        let through = marks.of(scope.account.as_ref()).map_or_else(Ulid::nil, |mark| mark.through);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_unread")
            .key_condition_expression("pk = :pk AND unread > :through")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":through", s(through.to_string()))
            .expression_attribute_values(":cutoff", ms(cutoff(now)))
            .consistent_read(true);
        match &scope.account {
            None => query.filter_expression("created_at > :cutoff"),
            Some(account) => query
                .filter_expression("created_at > :cutoff AND account_id = :account")
                .expression_attribute_values(":account", s(account.as_str())),
        }
    }
}

/// Where a list ends.
fn oldest(view: View, now: Millis) -> Millis {
    match view {
        View::Current | View::Unread => cutoff(now).plus_millis(1),
        View::Archived => Millis(0),
    }
}
