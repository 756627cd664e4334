//! What is put into the list is not born read.

use carillon_domain::{Millis, Notification, mint_after};

use super::update::{Met, Update};
use super::{Inbox, Row, Scope, from_item};
use crate::StoreError;
use crate::item::s;

/// What took longer from minting an `unread` key to storing it may have been overtaken by a read-all of what was minted
/// after it.
pub const SLOW_MILLIS: i64 = 500;

impl Inbox {
    /// Gives one that was put into the list just now a new key after the read-all mark, if its own came to lie behind it;
    /// answers with what it is then. Reading the marks costs a call: for what took longer than [`SLOW_MILLIS`].
    pub async fn not_born_read(
        &self,
        scope: &Scope,
        row: &Notification,
        now: Millis,
    ) -> Result<Option<Notification>, StoreError> {
        let marks = self.marks(scope).await?;
        let Some(old) = row.unread.filter(|_| row.is_read(&marks)) else { return Ok(None) };
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
