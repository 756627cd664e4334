//! An inbox as simple as it can be: a list, walked for every question.

use std::collections::BTreeMap;

use carillon_domain::{Millis, NotificationId};
use carillon_store::{Stats, View};

use crate::support::DAY;

const RETENTION: i64 = 30 * DAY;

/// Where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    List,
    Archive(Millis),
    Snoozed(Millis),
}

/// One notification.
#[derive(Debug, Clone)]
pub(super) struct One {
    pub(super) id: NotificationId,
    pub(super) account: Option<&'static str>,
    pub(super) type_key: &'static str,
    pub(super) created: Millis,
    /// When it was last stored or made unread; none once it is read by itself.
    pub(super) unread_since: Option<Millis>,
    pub(super) read: bool,
    pub(super) seen: bool,
    pub(super) pinned: bool,
    pub(super) place: Place,
    /// In seconds.
    pub(super) kept_until: i64,
}

/// All of a user's, in the order they were stored.
#[derive(Debug, Default)]
pub(super) struct Simple(pub(super) Vec<One>);

impl One {
    pub(super) fn is_of(&self, account: Option<&str>) -> bool {
        account.is_none() || account == self.account
    }

    fn is_old(&self, now: Millis) -> bool {
        self.created <= now.plus_seconds(-RETENTION)
    }

    fn is_in(&self, view: View, now: Millis) -> bool {
        let archived = matches!(self.place, Place::Archive(_)) || self.is_old(now);
        let snoozed = matches!(self.place, Place::Snoozed(_));
        let kept = self.kept_until > now.seconds();
        !snoozed
            && match view {
                View::Current => !archived,
                View::Unread => !archived && !self.read,
                View::Archived => archived && kept,
            }
    }

    pub(super) fn read(&mut self) {
        (self.read, self.seen, self.unread_since) = (true, true, None);
    }

    pub(super) fn unread(&mut self, now: Millis) {
        if self.read {
            (self.read, self.unread_since) = (false, Some(now));
        }
    }

    pub(super) fn archive(&mut self, now: Millis) {
        match self.place {
            Place::Archive(_) => return,
            Place::Snoozed(_) => self.keep(now),
            Place::List => {}
        }
        self.place = Place::Archive(now);
    }

    pub(super) fn snooze(&mut self, until: Millis) {
        if self.place != Place::Snoozed(until) {
            self.place = Place::Snoozed(until);
            self.kept_until = (self.created.seconds() + 2 * RETENTION).max(until.seconds() + RETENTION);
        }
    }

    pub(super) fn wake(&mut self, now: Millis) {
        (self.place, self.read, self.unread_since) = (Place::List, false, Some(now));
        self.keep(now);
    }

    /// At least for the retention from now on.
    fn keep(&mut self, now: Millis) {
        self.kept_until = (self.created.seconds() + 2 * RETENTION).max(now.seconds() + RETENTION);
    }
}

impl Simple {
    /// Newest first.
    pub(super) fn list(&self, view: View, account: Option<&str>, now: Millis) -> Vec<&One> {
        let mut all: Vec<&One> =
            self.0.iter().filter(|one| one.is_of(account) && one.is_in(view, now)).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.id.ulid));
        all
    }

    pub(super) fn stats(&self, account: Option<&str>, now: Millis) -> Stats {
        let count = |view| self.list(view, account, now).len() as u64;
        let mut by_type = BTreeMap::new();
        for one in self.list(View::Current, account, now) {
            *by_type.entry(one.type_key.to_owned()).or_default() += 1;
        }
        let (current, archived) = (count(View::Current), count(View::Archived));
        let (total, unread) = (current + archived, count(View::Unread));
        Stats { total, unread, archived, by_type, partial: false }
    }

    /// Everything stored up to the newest in the list that was not read by itself.
    pub(super) fn all_up_to_newest(&mut self, account: Option<&str>) -> impl Iterator<Item = &mut One> {
        let own = move |one: &&mut One| one.is_of(account);
        let listed = self.0.iter().filter(|one| one.is_of(account) && one.place == Place::List);
        let newest = listed.filter_map(|one| one.unread_since).max();
        self.0
            .iter_mut()
            .filter(own)
            .filter(move |one| one.unread_since.is_some_and(|since| Some(since) <= newest))
    }

    /// How many were archived, and how many deleted.
    pub(super) fn cleanup_old(&mut self, account: Option<&str>, now: Millis) -> (u64, u64) {
        let mut archived = 0;
        let mine = |one: &One| one.is_of(account) && !one.pinned && one.is_old(now);
        for one in self.0.iter_mut().filter(|one| mine(one) && one.place == Place::List && !one.read) {
            one.place = Place::Archive(now);
            archived += 1;
        }
        let before = self.0.len();
        let long_ago = |place| matches!(place, Place::Archive(at) if at <= now.plus_seconds(-RETENTION));
        self.0.retain(|one| !(mine(one) && long_ago(one.place)));
        (archived, (before - self.0.len()) as u64)
    }

    /// What the database does with what is past its time.
    pub(super) fn sweep(&mut self, now: Millis) {
        self.0.retain(|one| one.kept_until >= now.seconds());
    }
}
