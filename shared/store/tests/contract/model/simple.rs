//! An inbox as simple as it can be: a list, walked for every question.

use std::collections::BTreeMap;

use carillon_domain::Millis;
use carillon_store::{Stats, View};

use super::one::{Account, Kind, One, Place, RETENTION};
use super::wanted::Wanted;

/// All of a user's, in the order they were stored.
#[derive(Debug, Default)]
pub(super) struct Simple(pub(super) Vec<One>);

impl Simple {
    /// Newest first.
    pub(super) fn list(&self, view: View, account: Option<&str>, wanted: &Wanted, now: Millis) -> Vec<&One> {
        let mut all: Vec<&One> = self
            .0
            .iter()
            .filter(|one| one.is_of(account) && one.is_in(view, now) && wanted.lets_through(one, now))
            .collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.id.ulid));
        all
    }

    pub(super) fn stats(&self, account: Option<&str>, now: Millis) -> Stats {
        let list = |view| self.list(view, account, &Wanted::default(), now);
        let count = |view| list(view).len() as u64;
        let mut by_type = BTreeMap::new();
        for one in list(View::Current) {
            *by_type.entry(one.type_key.to_owned()).or_default() += 1;
        }
        let (current, archived) = (count(View::Current), count(View::Archived));
        let (total, unread) = (current + archived, count(View::Unread));
        Stats { total, unread, archived, by_type, partial: false }
    }

    /// A read-all or seen-all: marks everything up to the newest in the list that was not read by itself, in the archive
    /// too, but nothing that is snoozed. False if that one is marked so already.
    pub(super) fn mark_all(&mut self, kind: Kind, account: Account, now: Millis) -> bool {
        let listed = self.0.iter().filter(|one| one.is_of(account) && one.place == Place::List);
        let newest = listed.filter(|one| one.since.is_some()).max_by_key(|one| one.since);
        let marked_by = |one: &One, by: Kind| {
            // What is of one account only was marked for a token of all only by a token of all.
            let of_all = one.marked.contains_key(&(by, None));
            of_all || (account.is_some() && one.marked.contains_key(&(by, account)))
        };
        let Some(newest) = newest else { return false };
        if marked_by(newest, Kind::Read) || marked_by(newest, kind) {
            return false;
        }
        let since = newest.since;
        let own = |one: &&mut One| one.is_of(account) && one.since.is_some() && one.since <= since;
        for one in self.0.iter_mut().filter(own).filter(|one| !one.frozen) {
            one.marked.insert((kind, account), now);
        }
        true
    }

    /// How many were archived, and how many deleted.
    pub(super) fn cleanup_old(&mut self, account: Option<&str>, now: Millis) -> (usize, usize) {
        let mut archived = 0;
        let mine = |one: &One| one.is_of(account) && !one.pinned && one.is_old(now);
        for one in self.0.iter_mut().filter(|one| mine(one) && one.place == Place::List && !one.is_read()) {
            one.place = Place::Archive(now);
            archived += 1;
        }
        let before = self.0.len();
        let long_ago = |place| matches!(place, Place::Archive(at) if at <= now.plus_seconds(-RETENTION));
        self.0.retain(|one| !(mine(one) && long_ago(one.place)));
        (archived, before - self.0.len())
    }

    /// What the database does with what is past its time.
    pub(super) fn sweep(&mut self, now: Millis) {
        self.0.retain(|one| one.kept_until >= now.seconds());
    }
}
