//! Reading: one, or a page of a list.

use carillon_domain::{Millis, Notification, NotificationId, ReadMarks, Ulid};

use super::{Filter, Inbox, Row, Scope, cutoff, from_item, sk};
use crate::StoreError;
use crate::item::key;

/// Most reads of rows for one page: a filter that matches almost nothing gets a cursor, not a time-out.
pub(super) const MAX_ROUNDS: usize = 10;

/// Which notifications. Snoozed ones are in none.
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
    /// Only what this lets through.
    pub filter: Filter,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub items: Vec<Notification>,
    /// Where the next page starts, if there is one. A page may have fewer items than asked for, or none, and yet a
    /// next one: only so many rows are looked at for one page.
    pub next: Option<Ulid>,
    /// As of this read.
    pub marks: ReadMarks,
    /// What [`Inbox::unread_count`] would say, where the page's own reads tell it; no filter narrows it.
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

    /// One page, newest first.
    pub async fn page(&self, scope: &Scope, wanted: &PageQuery, now: Millis) -> Result<Page, StoreError> {
        match wanted.view {
            View::Unread => self.unread_page(scope, wanted, now).await,
            View::Current | View::Archived => self.table_page(scope, wanted, now).await,
        }
    }
}

/// Where a list ends.
pub(super) fn oldest(view: View, now: Millis) -> Millis {
    match view {
        View::Current | View::Unread => cutoff(now).plus_millis(1),
        View::Archived => Millis(0),
    }
}
