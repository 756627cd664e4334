//! One thing that happens, to the store and to the model.

use carillon_domain::{Millis, NotificationId};
use carillon_store::Change;
use proptest::prelude::*;

use super::Both;
use super::simple::{One, Place};
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
type Which = usize;
/// Of one account, or of all.
type Account = Option<&'static str>;

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Stored so long after it was created.
    Put(Account, &'static str, i64),
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
    let which = 0..12_usize;
    let passing = prop_oneof![2 => 1..HOUR, 2 => HOUR..48 * HOUR, 1 => 10 * 24 * HOUR..35 * 24 * HOUR];
    prop_oneof![
        8 => (accounts(), types, lags).prop_map(|(account, type_key, lag)| Step::Put(account, type_key, lag)),
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
            Step::Put(account, type_key, lag) => self.put(*account, type_key, *lag).await,
            Step::One(act, which, account) => self.act(*act, *which, *account).await,
            Step::BulkRead(some, account) => {
                for which in some {
                    self.act(Act::Read, *which, *account).await;
                }
            }
            Step::ReadAll(account) => {
                self.inbox.read_all(&self.scope(*account), now).await.unwrap();
                self.simple.all_up_to_newest(*account).for_each(|one| (one.read, one.seen) = (true, true));
            }
            Step::SeenAll(account) => {
                self.inbox.seen_all(&self.scope(*account), now).await.unwrap();
                self.simple.all_up_to_newest(*account).for_each(|one| one.seen = true);
            }
            Step::CleanupOld(account) => {
                let cleaned = self.inbox.cleanup_old(&self.scope(*account), now).await.unwrap();
                let expected = self.simple.cleanup_old(*account, now);
                assert_eq!((cleaned.archived, cleaned.deleted), expected);
                assert!(!cleaned.more);
            }
            Step::Pass(millis) => self.let_pass(*millis).await,
        }
    }

    async fn put(&mut self, account: Account, type_key: &'static str, lag: i64) {
        let created = self.now.plus_millis(-lag);
        let mut made = notification("ann", account, created, self.now);
        made.content.type_key = type_key.into();
        self.inbox.put(&self.ann.tenant, &made).await.unwrap();
        self.simple.0.push(One {
            id: made.id,
            account,
            type_key,
            created,
            unread_since: Some(self.now),
            read: false,
            seen: false,
            pinned: false,
            place: Place::List,
            kept_until: created.seconds() + 60 * DAY,
        });
    }

    async fn act(&mut self, act: Act, which: usize, account: Account) {
        let (now, scope) = (self.now, self.scope(account));
        let Some(count) = self.simple.0.len().checked_sub(1) else { return };
        let at = count - which.min(count);
        let id = self.simple.0[at].id.clone();
        let inbox = &self.inbox;
        let marks = inbox.marks(&scope).await.unwrap();
        let done: Option<Option<Change>> = match act {
            Act::Read => Some(inbox.mark_read(&scope, &id, now).await.unwrap()),
            Act::Unread => Some(inbox.mark_unread(&scope, &id, &marks, now).await.unwrap()),
            Act::Archive => Some(inbox.archive(&scope, &id, now).await.unwrap()),
            Act::Unarchive => Some(inbox.unarchive(&scope, &id, now).await.unwrap()),
            Act::Seen => Some(inbox.mark_seen(&scope, &id, now).await.unwrap()),
            Act::Opened => Some(inbox.mark_opened(&scope, &id, now).await.unwrap()),
            Act::Clicked => Some(inbox.mark_clicked(&scope, &id, now).await.unwrap()),
            Act::Pin => Some(inbox.pin(&scope, &id, now).await.unwrap()),
            Act::Unpin => Some(inbox.unpin(&scope, &id, now).await.unwrap()),
            Act::Snooze(millis) => {
                Some(inbox.snooze(&scope, &id, now.plus_millis(millis), now).await.unwrap())
            }
            Act::Unsnooze => Some(inbox.unsnooze(&scope, &id, &marks, now).await.unwrap()),
            Act::WakeTooLate => {
                let other = now.plus_millis(-1);
                assert!(inbox.wake(&scope.tenant, &id, other, now).await.unwrap().is_none());
                None
            }
            Act::Delete => {
                let gone = inbox.delete(&scope, &id, now).await.unwrap();
                assert_eq!(gone.is_some(), self.simple.0[at].is_of(account));
                None
            }
        };
        if let Some(change) = done {
            assert_eq!(change.is_some(), self.simple.0[at].is_of(account), "{act:?}");
        }
        if self.simple.0[at].is_of(account) {
            self.simple_act(act, at);
        }
    }

    fn simple_act(&mut self, act: Act, at: usize) {
        let now = self.now;
        let one = &mut self.simple.0[at];
        match act {
            Act::Read => one.read(),
            Act::Unread => one.unread(now),
            Act::Archive => one.archive(now),
            Act::Unarchive => {
                if matches!(one.place, Place::Archive(_)) {
                    one.place = Place::List;
                }
            }
            Act::Seen | Act::Opened | Act::Clicked => one.seen = true,
            Act::Pin => one.pinned = true,
            Act::Unpin => one.pinned = false,
            Act::Snooze(millis) => one.snooze(now.plus_millis(millis)),
            Act::Unsnooze => {
                if matches!(one.place, Place::Snoozed(_)) {
                    one.wake(now);
                }
            }
            Act::WakeTooLate => {}
            Act::Delete => drop(self.simple.0.remove(at)),
        }
    }

    async fn let_pass(&mut self, millis: i64) {
        let end = self.now.plus_millis(millis);
        while let Some((until, id)) = self.next_due(end) {
            // One that wakes at the same instant as another wakes after it.
            let wait = (until.0 - self.now.0).max(2);
            self.pass(wait);
            let back = self.inbox.wake(&self.ann.tenant, &id, until, self.now).await.unwrap();
            let Some(one) = self.simple.0.iter_mut().find(|one| one.id == id) else { continue };
            one.wake(self.now);
            let listed = self.simple.list(carillon_store::View::Unread, None, self.now);
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
