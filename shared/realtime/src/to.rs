//! Who is told.

use carillon_domain::{AccountId, ConnectionId, Room};
use carillon_store::Connection;

/// Which of a user's connections a frame is for, of those in the room `notifications`: all that is told without
/// having been asked for goes there.
#[derive(Debug, Clone, Copy)]
pub enum To<'a> {
    /// All.
    Everyone,
    /// All but the one that caused it.
    EveryoneElse(&'a ConnectionId),
    /// Those that may see what is of this account: a connection limited to another may not.
    Account(Option<&'a AccountId>),
    /// As [`To::Account`], but not the one that caused it.
    Others(Option<&'a AccountId>, &'a ConnectionId),
    /// As [`To::Account`], and only these: the ones that were not reached before.
    Only(Option<&'a AccountId>, &'a [ConnectionId]),
}

impl To<'_> {
    pub(crate) fn includes(&self, connection: &Connection) -> bool {
        let own = |account: Option<&AccountId>| {
            connection.account.is_none() || connection.account.as_ref() == account
        };
        if !connection.is_in(Room::Notifications) {
            return false;
        }
        match self {
            Self::Everyone => true,
            Self::EveryoneElse(except) => connection.id != **except,
            Self::Account(account) => own(*account),
            Self::Others(account, except) => own(*account) && connection.id != **except,
            Self::Only(account, ids) => own(*account) && ids.contains(&connection.id),
        }
    }
}
