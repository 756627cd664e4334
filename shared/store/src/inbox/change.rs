//! Archived or not. What is in the list has its key in `unread`; what is archived has it in `held`, nil if it was read
//! before that.

use carillon_domain::{Millis, Notification, NotificationId, ReadMarks, Ulid, mint_after};

use super::update::{Change, Update};
use super::{Inbox, Scope, purge_after};
use crate::StoreError;
use crate::item::{ms, n, s};

impl Inbox {
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
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let unread = || {
            Update::new(
                "SET unread = held REMOVE archived_at, held",
                "attribute_exists(archived_at) AND attribute_not_exists(read_at) AND held > :nil AND held < :frozen",
                vec![(":nil", s(Ulid::nil().to_string())), (":frozen", s(Notification::FROZEN.to_string()))],
            )
        };
        let read = || {
            Update::new(
                "REMOVE archived_at, held",
                "attribute_exists(archived_at) \
                 AND (attribute_exists(read_at) OR attribute_not_exists(held) OR held = :nil)",
                vec![(":nil", s(Ulid::nil().to_string()))],
            )
        };
        // It was snoozed: no mark has reached it since, and none is to now.
        let frozen = || {
            Update::new(
                "SET unread = :unread REMOVE archived_at, held",
                "attribute_exists(archived_at) AND attribute_not_exists(read_at) AND held = :frozen",
                vec![
                    (":unread", s(mint_after(now, marks.furthest()).to_string())),
                    (":frozen", s(Notification::FROZEN.to_string())),
                ],
            )
        };
        self.settle(scope, id, unread(), |row| match (row.archived_at, row.read_at, row.held) {
            (None, ..) => None,
            (Some(_), None, Some(Notification::FROZEN)) => Some(frozen()),
            (Some(_), None, Some(held)) if held > Ulid::nil() => Some(unread()),
            (Some(_), ..) => Some(read()),
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
