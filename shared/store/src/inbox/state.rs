//! The row `state`: the marks of one user, by their names.

use std::collections::{BTreeMap, BTreeSet};

use carillon_domain::{AccountId, Millis, ReadMark, ReadMarks, Ulid};

use crate::item::{Item, text, time};

/// Which marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Seen,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Seen => "seen",
        }
    }

    /// The attributes of a mark and of its time. No id has a `#`, so that no account's time is another's mark.
    pub(super) fn names(self, account: Option<&AccountId>) -> (String, String) {
        let kind = self.name();
        match account {
            None => (format!("{kind}_through"), format!("{kind}_at")),
            Some(account) => (format!("{kind}_through#{account}"), format!("{kind}_at#{account}")),
        }
    }

    /// The names of all marks that mark what is of this account: what is read is seen.
    pub(super) fn covering(self, account: Option<&AccountId>) -> BTreeSet<(String, String)> {
        let kinds = [Some(self), (self == Self::Seen).then_some(Self::Read)];
        kinds.into_iter().flatten().flat_map(|kind| [kind.names(None), kind.names(account)]).collect()
    }

    /// The mark in the row, and those of accounts.
    fn of(self, item: &Item) -> (Option<ReadMark>, BTreeMap<AccountId, ReadMark>) {
        let mark = |account: Option<&AccountId>| {
            let (through, at) = self.names(account);
            let through = text(item, &through).and_then(|ulid| Ulid::from_string(ulid).ok())?;
            Some(ReadMark { through, at: time(item, &at).unwrap_or(Millis(0)) })
        };
        let prefix = format!("{}_through#", self.name());
        let accounts = item.keys().filter_map(|name| {
            let account = AccountId::parse(name.strip_prefix(&prefix)?).ok()?;
            Some((account.clone(), mark(Some(&account))?))
        });
        (mark(None), accounts.collect())
    }
}

/// The marks in the row `state`.
pub(super) fn marks_of(item: &Item) -> ReadMarks {
    let ((all, accounts), (seen, seen_accounts)) = (Kind::Read.of(item), Kind::Seen.of(item));
    ReadMarks { all, accounts, seen, seen_accounts }
}
