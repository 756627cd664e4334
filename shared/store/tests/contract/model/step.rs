//! One thing that happens, to the store and to the model.

use std::collections::BTreeMap;

use carillon_domain::{Millis, NotificationId, Priority};
use carillon_store::{Cleaned, View};
use proptest::prelude::*;

use super::Both;
use super::one::{Account, Kind, One, Place};
use super::wanted::{PRIORITIES, TAGS, Wanted};
use crate::support::{DAY, notification};

const HOUR: i64 = 3_600_000;

/// What one may do to one notification.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Read,
    Unread,
    Archive,
    Unarchive,
    Seen,
    Opened,
    Clicked,
    Pin,
    Unpin,
    Snooze(i64),
    Unsnooze,
    /// Of a snooze that was changed since.
    WakeTooLate,
    Delete,
}

/// Which one: counted from the newest, modulo how many there are.
pub(super) type Which = usize;

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Stored so long after it was created; the tags and the priority by number.
    Put(Account, &'static str, i64, (Vec<&'static str>, Priority)),
    /// Asked for by a token of this account.
    One(Act, Which, Account),
    BulkRead(Vec<Which>, Account),
    ReadAll(Account),
    SeenAll(Account),
    CleanupOld(Account),
    /// Whatever is due meanwhile wakes, at its time.
    Pass(i64),
}

fn accounts() -> impl Strategy<Value = Account> {
    prop_oneof![4 => Just(None), 1 => Just(Some("work")), 1 => Just(Some("home"))]
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Read),
        4 => Just(Act::Unread),
        3 => Just(Act::Archive),
        2 => Just(Act::Unarchive),
        1 => Just(Act::Seen),
        1 => Just(Act::Opened),
        1 => Just(Act::Clicked),
        1 => Just(Act::Pin),
        1 => Just(Act::Unpin),
        3 => (1..100 * 24_i64).prop_map(|hours| Act::Snooze(hours * HOUR)),
        2 => Just(Act::Unsnooze),
        1 => Just(Act::WakeTooLate),
        1 => Just(Act::Delete),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let types = prop_oneof![Just("alert"), Just("booking")];
    let lags = prop_oneof![3 => Just(0), 1 => 1..HOUR, 1 => 1..40 * 24 * HOUR];
    let tags = prop::sample::subsequence(&TAGS[..], 0..=2);
    let priorities = prop::sample::select(&PRIORITIES[..]);
    let which = 0..12_usize;
    let passing = prop_oneof![2 => 1..HOUR, 2 => HOUR..48 * HOUR, 1 => 10 * 24 * HOUR..35 * 24 * HOUR];
    prop_oneof![
        8 => (accounts(), types, lags, (tags, priorities))
            .prop_map(|(account, type_key, lag, kind)| Step::Put(account, type_key, lag, kind)),
        14 => (acts(), which.clone(), accounts()).prop_map(|(act, which, account)| Step::One(act, which, account)),
        1 => (prop::collection::vec(which, 1..6), accounts()).prop_map(|(some, account)| Step::BulkRead(some, account)),
        2 => accounts().prop_map(Step::ReadAll),
        1 => accounts().prop_map(Step::SeenAll),
        1 => accounts().prop_map(Step::CleanupOld),
        3 => passing.prop_map(Step::Pass),
    ]
}

impl Both {
    pub(super) async fn take(&mut self, step: &Step) {
        // No two things happen in the same millisecond.
        self.pass(2);
        let now = self.now;
        match step {
            Step::Put(account, type_key, lag, kind) => self.put(*account, type_key, *lag, kind).await,
            Step::One(act, which, account) => self.act(*act, *which, *account).await,
            Step::BulkRead(some, account) => self.bulk_read(some, *account).await,
            Step::ReadAll(account) => {
                let changed = self.inbox.read_all(&self.scope(*account), now).await.unwrap();
                assert_eq!(changed, self.simple.mark_all(Kind::Read, *account, now));
            }
            Step::SeenAll(account) => {
                let changed = self.inbox.seen_all(&self.scope(*account), now).await.unwrap();
                assert_eq!(changed, self.simple.mark_all(Kind::Seen, *account, now));
            }
            Step::CleanupOld(account) => {
                let mut cleaned = Cleaned::default();
                self.inbox.cleanup_old(&self.scope(*account), now, &mut cleaned).await.unwrap();
                let expected = self.simple.cleanup_old(*account, now);
                assert_eq!((cleaned.archived.len(), cleaned.deleted.len()), expected);
                assert!(!cleaned.more);
            }
            Step::Pass(millis) => self.let_pass(*millis).await,
        }
    }

    async fn put(
        &mut self,
        account: Account,
        type_key: &'static str,
        lag: i64,
        (tags, priority): &(Vec<&'static str>, Priority),
    ) {
        let created = self.now.plus_millis(-lag);
        let mut made = notification("ann", account, created, self.now);
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        made.content.type_key = type_key.into();
        (made.content.tags, made.content.priority) = (tags.clone(), *priority);
        self.inbox.put(&self.ann.tenant, &made).await.unwrap();
        self.simple.0.push(One {
            id: made.id,
            account,
            type_key,
            priority: *priority,
            tags,
            created,
            since: Some(self.now),
            read_at: None,
            seen_at: None,
            marked: BTreeMap::new(),
            frozen: false,
            clicked_at: None,
            opened_at: None,
            pinned: false,
            place: Place::List,
            kept_until: created.seconds() + 60 * DAY,
        });
    }

    async fn let_pass(&mut self, millis: i64) {
        let end = self.now.plus_millis(millis);
        while let Some((until, id)) = self.next_due(end) {
            // One that wakes at the same instant as another wakes after it.
            let wait = (until.0 - self.now.0).max(2);
            self.pass(wait);
            let back = self.inbox.wake(&self.ann.tenant, &id, until, self.now).await.unwrap();
            let Some(one) = self.simple.0.iter_mut().find(|one| one.id == id) else { continue };
            assert!(one.wake(self.now));
            let listed = self.simple.list(View::Unread, None, &Wanted::default(), self.now);
            assert_eq!(back.is_some(), listed.iter().any(|one| one.id == id), "told if it is news");
        }
        self.pass((end.0 - self.now.0).max(0));
    }

    fn next_due(&self, end: Millis) -> Option<(Millis, NotificationId)> {
        let snoozed = self.simple.0.iter().filter_map(|one| match one.place {
            Place::Snoozed(until) if until <= end => Some((until, one.id.clone())),
            Place::Snoozed(_) | Place::List | Place::Archive(_) => None,
        });
        snoozed.min()
    }
}
