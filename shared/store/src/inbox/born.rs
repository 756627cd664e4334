//! What is put into the list is born neither read nor seen.

use carillon_domain::{Millis, Notification, Ulid, mint_after};

use super::update::{Met, Update};
use super::{Inbox, Row, Scope, from_item};
use crate::StoreError;
use crate::item::s;

/// What took longer from minting an `unread` key to storing it may have been overtaken by a read-all of what was minted
/// after it.
pub const SLOW_MILLIS: i64 = 500;

impl Inbox {
    /// Gives one that was put into the list just now a new key after all marks, if its own came to lie behind it;
    /// answers with what it is then. Reading the marks costs a call: for what took longer than [`SLOW_MILLIS`].
    pub async fn not_born_read(
        &self,
        scope: &Scope,
        row: &Notification,
        now: Millis,
    ) -> Result<Option<Notification>, StoreError> {
        let marks = self.marks(scope).await?;
        // Who has read it has seen it.
        let covered = |key: &Ulid| marks.seen_at(*key, row.account_id.as_ref()).is_some();
        let Some(old) = row.unread.filter(covered) else { return Ok(None) };
        let minted = mint_after(now, marks.furthest());
        let values = vec![(":old", s(old.to_string())), (":unread", s(minted.to_string()))];
        let update = Update::new("SET unread = :unread", "unread = :old", values);
        match self.update(scope, &row.id, update).await? {
            Met::Applied(item) => match from_item(&row.id.user, item)? {
                Row::Live(row) => Ok(Some(*row)),
                Row::Gone(_) => Ok(None),
            },
            // The user did something with it meanwhile.
            Met::Refused(_) | Met::Nothing => Ok(None),
        }
    }
}
