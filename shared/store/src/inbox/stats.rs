//! Figures about a whole inbox.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use carillon_domain::{Millis, Ulid};

use super::filter::{KEPT, SHOWN};
use super::query::MAX_ROUNDS;
use super::{Inbox, Scope, cutoff, sk};
use crate::StoreError;
use crate::item::{Item, n, s, text, time};

/// Figures about an inbox. Snoozed ones are in none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Current and archived ones.
    pub total: u64,
    /// What [`Inbox::unread_count`] says: always exact.
    pub unread: u64,
    /// Archived, by hand or by age.
    pub archived: u64,
    /// The current ones by type.
    pub by_type: BTreeMap<String, u64>,
    /// Whether the inbox was too long to count to its end: all but `unread` is then of the newest only.
    pub partial: bool,
}

impl Inbox {
    /// The figures of an inbox, in a bounded number of reads of at most 1 MB.
    pub async fn stats(&self, scope: &Scope, now: Millis) -> Result<Stats, StoreError> {
        let marks = self.marks(scope).await?;
        let unread = self.unread_count(scope, &marks, now).await?;
        let mut stats = Stats { unread, partial: true, ..Stats::default() };
        let mut start = None;
        for _ in 0..MAX_ROUNDS {
            let query = self.stats_query(scope, now).set_exclusive_start_key(start);
            let page = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
            for row in page.items.unwrap_or_default() {
                stats.add(&row, now);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                stats.partial = false;
                break;
            }
        }
        Ok(stats)
    }

    fn stats_query(&self, scope: &Scope, now: Millis) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :oldest AND :newest")
            .expression_attribute_values(":pk", s(scope.pk()))
            .expression_attribute_values(":oldest", s(sk(Ulid::nil())))
            .expression_attribute_values(":newest", s(sk(Ulid::max())))
            .expression_attribute_values(":seconds", n(now.seconds()))
            .projection_expression("#type, created_at, archived_at")
            .expression_attribute_names("#type", "type")
            .scan_index_forward(false)
            .consistent_read(true);
        match &scope.account {
            None => query.filter_expression(format!("{SHOWN} AND {KEPT}")),
            Some(account) => query
                .filter_expression(format!("{SHOWN} AND {KEPT} AND account_id = :account"))
                .expression_attribute_values(":account", s(account.as_str())),
        }
    }
}

impl Stats {
    fn add(&mut self, row: &Item, now: Millis) {
        self.total += 1;
        let aged = time(row, "created_at").is_none_or(|created_at| created_at <= cutoff(now));
        if aged || row.contains_key("archived_at") {
            self.archived += 1;
        } else if let Some(type_key) = text(row, "type") {
            *self.by_type.entry(type_key.to_owned()).or_default() += 1;
        }
    }
}
