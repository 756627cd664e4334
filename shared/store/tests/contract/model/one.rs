//! One notification, as simple as it can be.

use std::collections::BTreeMap;

use carillon_domain::{Millis, NotificationId, Priority};
use carillon_store::View;

use crate::support::DAY;

pub(super) const RETENTION: i64 = 30 * DAY;

/// Of one account, or of all.
pub(super) type Account = Option<&'static str>;

/// Where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    List,
    Archive(Millis),
    Snoozed(Millis),
}

/// What marks everything at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Read,
    Seen,
}

#[derive(Debug, Clone)]
pub(super) struct One {
    pub(super) id: NotificationId,
    pub(super) account: Account,
    pub(super) type_key: &'static str,
    pub(super) priority: Priority,
    pub(super) tags: Vec<String>,
    pub(super) created: Millis,
    /// When it was last stored or made unread; none once it is read by itself.
    pub(super) since: Option<Millis>,
    /// By itself.
    pub(super) read_at: Option<Millis>,
    /// By itself, or by what is forgotten since.
    pub(super) seen_at: Option<Millis>,
    /// By whose read-all or seen-all, and when last.
    pub(super) marked: BTreeMap<(Kind, Account), Millis>,
    /// Whether nothing of that kind reaches it: since it was snoozed.
    pub(super) frozen: bool,
    pub(super) clicked_at: Option<Millis>,
    pub(super) opened_at: Option<Millis>,
    pub(super) pinned: bool,
    pub(super) place: Place,
    /// In seconds.
    pub(super) kept_until: i64,
}

impl One {
    pub(super) fn is_of(&self, account: Option<&str>) -> bool {
        account.is_none() || account == self.account
    }

    pub(super) fn is_old(&self, now: Millis) -> bool {
        self.created <= now.plus_seconds(-RETENTION)
    }

    pub(super) fn is_in(&self, view: View, now: Millis) -> bool {
        let archived = matches!(self.place, Place::Archive(_)) || self.is_old(now);
        let snoozed = matches!(self.place, Place::Snoozed(_));
        let kept = self.kept_until > now.seconds();
        !snoozed
            && match view {
                View::Current => !archived,
                View::Unread => !archived && !self.is_read(),
                View::Archived => archived && kept,
            }
    }

    pub(super) fn is_read(&self) -> bool {
        self.read_at().is_some()
    }

    /// As it is shown: by itself, or by the earliest that is known.
    pub(super) fn read_at(&self) -> Option<Millis> {
        self.read_at.or_else(|| self.marked_at(|kind| kind == Kind::Read))
    }

    /// The same; who has read it has seen it.
    pub(super) fn seen_at(&self) -> Option<Millis> {
        self.seen_at.or_else(|| self.marked_at(|_| true))
    }

    fn marked_at(&self, by: impl Fn(Kind) -> bool) -> Option<Millis> {
        self.marked.iter().filter(|((kind, _), _)| by(*kind)).map(|(_, at)| *at).min()
    }

    /// By itself, where nobody asks what marked it before. Answers whether it changed, here and below.
    pub(super) fn read(&mut self, now: Millis) -> bool {
        let changed = self.read_at.is_none();
        if changed {
            self.seen_at = self.seen_at.or(Some(now));
            (self.read_at, self.since) = (Some(now), None);
            self.marked.clear();
        }
        changed
    }

    /// Together with others.
    pub(super) fn read_unless_marked(&mut self, now: Millis) -> bool {
        let changed = !self.is_read();
        if changed {
            self.seen_at = self.seen_at();
            self.read(now);
        }
        changed
    }

    pub(super) fn unread(&mut self, now: Millis) -> bool {
        let changed = self.is_read();
        if changed {
            (self.seen_at, self.read_at, self.since) = (self.seen_at(), None, Some(now));
            self.marked.clear();
            self.frozen = matches!(self.place, Place::Snoozed(_));
        }
        changed
    }

    pub(super) fn see(&mut self, now: Millis) -> bool {
        let changed = self.seen_at().is_none();
        self.seen_at = self.seen_at.or(changed.then_some(now));
        changed
    }

    /// Clicks or opens it.
    pub(super) fn note(&mut self, which: impl FnOnce(&mut Self) -> &mut Option<Millis>, now: Millis) -> bool {
        let seen_at = self.seen_at().or(Some(now));
        let noted = which(self);
        let changed = noted.is_none();
        if changed {
            *noted = Some(now);
            self.seen_at = seen_at;
        }
        changed
    }

    pub(super) fn pin(&mut self, pinned: bool) -> bool {
        std::mem::replace(&mut self.pinned, pinned) != pinned
    }

    pub(super) fn archive(&mut self, now: Millis) -> bool {
        match self.place {
            Place::Archive(_) => return false,
            Place::Snoozed(_) => self.keep(now),
            Place::List => {}
        }
        self.place = Place::Archive(now);
        true
    }

    pub(super) fn unarchive(&mut self, now: Millis) -> bool {
        let changed = matches!(self.place, Place::Archive(_));
        if changed {
            self.place = Place::List;
            if std::mem::take(&mut self.frozen) && self.read_at.is_none() {
                self.since = Some(now);
            }
        }
        changed
    }

    /// What marked it is written down, because nothing reaches it while it is away.
    pub(super) fn snooze(&mut self, until: Millis) -> bool {
        let changed = self.place != Place::Snoozed(until);
        if changed {
            (self.read_at, self.seen_at) = (self.read_at(), self.seen_at());
            self.since = self.since.filter(|_| self.read_at.is_none());
            self.marked.clear();
            (self.place, self.frozen) = (Place::Snoozed(until), true);
            self.kept_until = (self.created.seconds() + 2 * RETENTION).max(until.seconds() + RETENTION);
        }
        changed
    }

    pub(super) fn wake(&mut self, now: Millis) -> bool {
        let changed = matches!(self.place, Place::Snoozed(_));
        if changed {
            (self.place, self.frozen) = (Place::List, false);
            (self.read_at, self.since) = (None, Some(now));
            self.keep(now);
        }
        changed
    }

    /// At least for the retention from now on.
    fn keep(&mut self, now: Millis) {
        self.kept_until = (self.created.seconds() + 2 * RETENTION).max(now.seconds() + RETENTION);
    }
}
