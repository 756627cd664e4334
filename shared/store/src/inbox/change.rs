//! Read or unread, archived or not. What is in the list has its key in `unread`; what is archived or snoozed has it in
//! `held`, nil if it was read before that.

use carillon_domain::{AccountId, Millis, NotificationId, ReadMarks, Ulid, mint_after};

use super::update::{Change, Update};
use super::{Inbox, Scope, purge_after};
use crate::StoreError;
use crate::item::{ms, n, s};

impl Inbox {
    /// Marks one as read, and thereby seen: one call. None if there is no such notification. One that is archived or
    /// snoozed keeps what is `held`; `read_at` counts before it.
    pub async fn mark_read(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let read = Update::new(
            "SET read_at = :now, seen_at = if_not_exists(seen_at, :now) REMOVE unread",
            "attribute_not_exists(read_at)",
            vec![(":now", ms(now))],
        );
        self.settle(scope, id, read, |_| None).await
    }

    /// Marks one as unread again: it gets a new place in `by_unread`, after the read-all mark, so that it counts; if it
    /// is archived or snoozed, when it is back. It stays seen: what was read was.
    pub async fn mark_unread(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let minted = mint_after(now, marks.furthest());
        // Up to here, what is of this account was read by a read-all.
        let place = |account: Option<&AccountId>, out| {
            let through = marks.of(account).map_or_else(Ulid::nil, |mark| mark.through);
            let values = vec![
                (":unread", s(minted.to_string())),
                (":through", s(through.to_string())),
                (":now", ms(now)),
            ];
            if out {
                Update::new(
                    "SET held = :unread, seen_at = if_not_exists(seen_at, :now) REMOVE read_at",
                    "(attribute_exists(archived_at) OR attribute_exists(snoozed_until)) \
                     AND (attribute_exists(read_at) OR held <= :through)",
                    values,
                )
            } else {
                Update::new(
                    "SET unread = :unread, seen_at = if_not_exists(seen_at, :now) REMOVE read_at",
                    "attribute_not_exists(archived_at) AND attribute_not_exists(snoozed_until) \
                     AND (attribute_not_exists(unread) OR unread <= :through)",
                    values,
                )
            }
        };
        let first = place(scope.account.as_ref(), false);
        self.settle(scope, id, first, |row| {
            let out = row.archived_at.is_some() || row.snoozed_until.is_some();
            row.is_read(marks).then(|| place(row.account_id.as_ref(), out))
        })
        .await
    }

    /// Archives one: out of the list and the count at once, still there, read or not as it was. A snoozed one does not
    /// come back then.
    pub async fn archive(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        self.settle(scope, id, from_list(now), |row| match (row.archived_at, row.snoozed_until) {
            (Some(_), _) => None,
            (None, None) => Some(from_list(now)),
            (None, Some(_)) => Some(Update::new(
                "SET archived_at = :now, purge_at = :purge REMOVE snoozed_until",
                "attribute_not_exists(archived_at) AND attribute_exists(snoozed_until)",
                vec![(":now", ms(now)), (":purge", n(purge_after(row.created_at, now)))],
            )),
        })
        .await
    }

    /// Takes one out of the archive, read or unread as it is. What is past retention counts as archived nevertheless.
    pub async fn unarchive(
        &self,
        scope: &Scope,
        id: &NotificationId,
        _now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let nil = || vec![(":nil", s(Ulid::nil().to_string()))];
        let unread = || {
            Update::new(
                "SET unread = held REMOVE archived_at, held",
                "attribute_exists(archived_at) AND attribute_not_exists(read_at) AND held > :nil",
                nil(),
            )
        };
        self.settle(scope, id, unread(), |row| match (row.archived_at, row.read_at, row.held) {
            (None, ..) => None,
            (Some(_), None, Some(held)) if held > Ulid::nil() => Some(unread()),
            (Some(_), ..) => Some(Update::new(
                "REMOVE archived_at, held",
                "attribute_exists(archived_at) \
                 AND (attribute_exists(read_at) OR attribute_not_exists(held) OR held = :nil)",
                nil(),
            )),
        })
        .await
    }
}

/// Into the archive, of one that is in the list.
pub(super) fn from_list(now: Millis) -> Update {
    Update::new(
        "SET archived_at = :now, held = if_not_exists(unread, :nil) REMOVE unread",
        "attribute_not_exists(archived_at) AND attribute_not_exists(snoozed_until)",
        vec![(":now", ms(now)), (":nil", s(Ulid::nil().to_string()))],
    )
}
