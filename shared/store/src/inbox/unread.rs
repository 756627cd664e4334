//! What is unread, by the index: the count, and a page.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use carillon_domain::{AccountId, Millis, ReadMarks, Ulid};

use super::query::MAX_ROUNDS;
use super::resync::BATCH;
use super::{Inbox, Page, PageQuery, Scope, cutoff, sk, ulid_of};
use crate::StoreError;
use crate::item::{Item, key, ms, s, text};

impl Inbox {
    /// How many are unread, not archived, not snoozed, not past retention. Consistent, and linear only in what is
    /// unread since the last read-all. `marks` must be read first (or come from the page).
    pub async fn unread_count(
        &self,
        scope: &Scope,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<u64, StoreError> {
        if scope.account.is_none() && !marks.accounts.is_empty() {
            // Some accounts were read further than the rest: only the entries themselves tell.
            return Ok(self.unread_entries(scope, marks, now).await?.len() as u64);
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

    /// The unread ones by their id, not by when they became unread: reads the same index entries as the count (so
    /// the count comes for nothing), and then the rows of the page.
    pub(super) async fn unread_page(
        &self,
        scope: &Scope,
        wanted: &PageQuery,
        now: Millis,
    ) -> Result<Page, StoreError> {
        let marks = self.marks(scope).await?;
        let entries = self.unread_entries(scope, &marks, now).await?;
        let unread_count = Some(entries.len() as u64);
        let mut ids: Vec<Ulid> = Vec::new();
        for entry in &entries {
            if wanted.filter.may_match(entry)? {
                ids.extend(ulid_of(entry).filter(|ulid| wanted.after.is_none_or(|after| *ulid < after)));
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let mut left = ids.as_slice();
        let mut items = Vec::new();
        let mut next = None;
        let mut look = wanted.limit;
        for _ in 0..MAX_ROUNDS {
            let (page, rest) = left.split_at(look.min(left.len()));
            left = rest;
            next = page.last().copied().filter(|_| !left.is_empty());
            let keys = page.iter().map(|ulid| key(&scope.pk(), &sk(*ulid))).collect();
            let rows = self.fetch(scope, keys).await?.into_iter().rev();
            items.extend(rows.filter(|one| !one.is_read(&marks) && wanted.filter.matches(one)));
            if items.len() >= wanted.limit || left.is_empty() {
                break;
            }
            look = (4 * look).min(BATCH);
        }
        if items.len() > wanted.limit {
            items.truncate(wanted.limit);
            next = items.last().map(|last| last.id.ulid);
        }
        Ok(Page { items, next, marks, unread_count })
    }

    /// The index entries of all that is unread.
    async fn unread_entries(
        &self,
        scope: &Scope,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Vec<Item>, StoreError> {
        let mut entries: Vec<Item> = self
            .unread_query(scope, marks, now)
            .select(Select::AllProjectedAttributes)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        entries.retain(|entry| {
            let account = text(entry, "account_id").and_then(|account| AccountId::parse(account).ok());
            let minted = text(entry, "unread").and_then(|ulid| Ulid::from_string(ulid).ok());
            minted.is_some_and(|minted| !marks.covers(minted, account.as_ref()))
        });
        Ok(entries)
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
