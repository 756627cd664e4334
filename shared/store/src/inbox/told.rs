//! What the marks say of a row, for an update that is made before the row is known: the update holds between two keys,
//! where it would say the same of every row.

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{AccountId, Millis, Notification, NotificationId, ReadMark, ReadMarks, Ulid};

use super::Scope;
use crate::item::s;

/// The condition that a row's key lies between `:after` and `:through`; also where it has none, of which no mark says
/// anything.
macro_rules! between {
    () => {
        "NOT (unread <= :after) AND NOT (unread > :through) AND NOT (held <= :after) AND NOT (held > :through)"
    };
}
pub(super) use between;

/// What the marks say of the rows with an `unread` key after one and up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    after: Ulid,
    through: Ulid,
    /// When a read-all read them.
    pub(super) read_at: Option<Millis>,
    /// When a seen-all or a read-all saw them.
    pub(super) seen_at: Option<Millis>,
}

impl Told {
    /// Of this row.
    pub(super) fn of(row: &Notification, marks: &ReadMarks) -> Self {
        let account = row.account_id.as_ref();
        Self::around(row.key().unwrap_or(Ulid::max()), account, marks, all(marks, account))
    }

    /// Of a row that is not known: as if it were unread since it was created.
    pub(super) fn guess(scope: &Scope, id: &NotificationId, marks: &ReadMarks) -> Self {
        Self::unknown(scope, id.ulid, marks)
    }

    /// The same, of one that no read-all has read.
    pub(super) fn unread(scope: &Scope, id: &NotificationId, marks: &ReadMarks) -> Self {
        let read = marks.of(scope.account.as_ref());
        Self::unknown(scope, beyond(read.into_iter(), id.ulid), marks)
    }

    /// The same, of one that nothing has seen.
    pub(super) fn unseen(scope: &Scope, id: &NotificationId, marks: &ReadMarks) -> Self {
        Self::unknown(scope, beyond(all(marks, scope.account.as_ref()), id.ulid), marks)
    }

    /// The same, of one that a read-all has read; if there was none, of no row at all.
    pub(super) fn read(scope: &Scope, id: &NotificationId, marks: &ReadMarks) -> Self {
        let nothing = Self { after: Ulid::nil(), through: Ulid::nil(), read_at: None, seen_at: None };
        let read = marks.of(scope.account.as_ref());
        read.map_or(nothing, |mark| Self::unknown(scope, id.ulid.min(mark.through), marks))
    }

    /// These values, and `:after` and `:through`.
    pub(super) fn with<const N: usize>(
        &self,
        values: [(&'static str, AttributeValue); N],
    ) -> Vec<(&'static str, AttributeValue)> {
        let bounds = [(":after", s(self.after.to_string())), (":through", s(self.through.to_string()))];
        values.into_iter().chain(bounds).collect()
    }

    /// Where it is not known which account it is of, an account's own mark must say nothing.
    fn unknown(scope: &Scope, key: Ulid, marks: &ReadMarks) -> Self {
        let account = scope.account.as_ref();
        let mut told = Self::around(key, account, marks, all(marks, account));
        if account.is_none() {
            let own = marks.accounts.values().chain(marks.seen_accounts.values());
            told.after = own.map(|mark| mark.through).chain([told.after]).max().unwrap_or(told.after);
        }
        told
    }

    fn around(
        key: Ulid,
        account: Option<&AccountId>,
        marks: &ReadMarks,
        all: impl Iterator<Item = ReadMark> + Clone,
    ) -> Self {
        let through = all.map(|mark| mark.through);
        Self {
            after: through.clone().filter(|&through| through < key).max().unwrap_or(Ulid::nil()),
            through: through.filter(|&through| through >= key).min().unwrap_or(Ulid::max()),
            read_at: marks.read_at(key, account),
            seen_at: marks.seen_at(key, account),
        }
    }
}

/// Every mark that holds for what is of this account.
fn all(marks: &ReadMarks, account: Option<&AccountId>) -> impl Iterator<Item = ReadMark> + Clone {
    let read = account.and_then(|account| marks.accounts.get(account)).copied();
    let seen = account.and_then(|account| marks.seen_accounts.get(account)).copied();
    [marks.all, read, marks.seen, seen].into_iter().flatten()
}

/// This key, or the first behind all of these marks.
fn beyond(marks: impl Iterator<Item = ReadMark>, key: Ulid) -> Ulid {
    marks.map(|mark| mark.through.increment().unwrap_or_else(|next| next)).chain([key]).max().unwrap_or(key)
}
