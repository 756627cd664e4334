//! A page of the table's own rows: the current ones, or the archived ones.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Millis, Notification, ReadMarks, Ulid, ulid_at};

use super::filter::{KEPT, SHOWN};
use super::query::{MAX_ROUNDS, oldest};
use super::state::marks_of;
use super::{Inbox, Page, PageQuery, Scope, View, cutoff, live, sk, ulid_of};
use crate::StoreError;
use crate::item::{Item, key, ms, n, s, text};

/// Most rows that one query looks at.
const MAX_ROWS: usize = 1_000;

impl Inbox {
    /// The first page's own query brings the read marks along: `state` sorts right after the newest.
    pub(super) async fn table_page(
        &self,
        scope: &Scope,
        wanted: &PageQuery,
        now: Millis,
    ) -> Result<Page, StoreError> {
        let mut marks = match wanted.after {
            Some(_) => self.marks(scope).await?,
            None => ReadMarks::default(),
        };
        // What lies past retention meanwhile is past the end of this list; DynamoDB refuses to start outside a range.
        let oldest = ulid_at(oldest(wanted.view, now).max(wanted.filter.since.unwrap_or(Millis(0))));
        if wanted.after.is_some_and(|after| after < oldest) {
            return Ok(Page { items: Vec::new(), next: None, marks, unread_count: None });
        }
        let mut items: Vec<Notification> = Vec::new();
        let mut start = wanted.after.map(|after| key(&scope.pk(), &sk(after)));
        let mut bounded = true;
        let mut look = wanted.limit + 2;
        for _ in 0..MAX_ROUNDS {
            let page = self
                .table_query(scope, wanted, oldest, now)?
                .limit(i32::try_from(look).unwrap_or(i32::MAX))
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
            let before = items.len();
            items.extend(live(&scope.user, rows).into_iter().filter(|one| wanted.filter.matches(one)));
            start = page.last_evaluated_key;
            if start.is_none() || items.len() > wanted.limit {
                bounded = false;
                break;
            }
            look = next_look(look, items.len() - before, wanted.limit + 1 - items.len());
        }
        let stopped_at = start.as_ref().filter(|_| bounded).and_then(ulid_of);
        let more = items.len() > wanted.limit;
        items.truncate(wanted.limit);
        let last = items.last().map(|last| last.id.ulid);
        Ok(Page { items, next: if more { last } else { stopped_at }, marks, unread_count: None })
    }

    fn table_query(
        &self,
        scope: &Scope,
        wanted: &PageQuery,
        oldest: Ulid,
        now: Millis,
    ) -> Result<QueryFluentBuilder, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :state")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":oldest", s(sk(oldest)))
            .expression_attribute_values(":state", s("state"))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .scan_index_forward(false)
            .consistent_read(true);
        let (mut terms, mut query) = wanted.filter.terms(query)?;
        terms.push(SHOWN.into());
        if wanted.view == View::Archived {
            terms.push("(attribute_exists(archived_at) OR created_at <= :cutoff)".into());
            terms.push(KEPT.into());
            query = query
                .expression_attribute_values(":cutoff", ms(cutoff(now)))
                .expression_attribute_values(":seconds", n(now.seconds()));
        } else {
            terms.push("attribute_not_exists(archived_at)".into());
        }
        if let Some(account) = &scope.account {
            terms.push("account_id = :account".into());
            query = query.expression_attribute_values(":account", s(account.as_str()));
        }
        Ok(query.filter_expression(format!("is_state = :true OR ({})", terms.join(" AND "))))
    }
}

/// How many rows to look at next, where looking at so many found so many and so many are still missing: as many as
/// that rate asks for, and many more where nothing was found.
fn next_look(looked: usize, found: usize, missing: usize) -> usize {
    let look = match found {
        0 => 4 * looked,
        found => missing * looked / found + 2,
    };
    look.min(MAX_ROWS)
}
