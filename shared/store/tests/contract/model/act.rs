//! What a user does to one notification or to some, in the store and in the model.

use carillon_store::{Change, ReadMany};

use super::Both;
use super::one::Account;
use super::step::{Act, Which};

impl Both {
    /// Counted from the newest, modulo nothing: the oldest stands for whatever lies behind it. None if there is none.
    fn at(&self, which: Which) -> Option<usize> {
        let last = self.simple.0.len().checked_sub(1)?;
        Some(last - which.min(last))
    }

    pub(super) async fn act(&mut self, act: Act, which: Which, account: Account) {
        let (now, scope) = (self.now, self.scope(account));
        let Some(at) = self.at(which) else { return };
        let id = self.simple.0[at].id.clone();
        let inbox = &self.inbox;
        let marks = inbox.marks(&scope).await.unwrap();
        let done: Option<Change> = match act {
            Act::Read => inbox.mark_read(&scope, &id, now).await.unwrap(),
            Act::Unread => inbox.mark_unread(&scope, &id, &marks, now).await.unwrap(),
            Act::Archive => inbox.archive(&scope, &id, now).await.unwrap(),
            Act::Unarchive => inbox.unarchive(&scope, &id, &marks, now).await.unwrap(),
            Act::Seen => inbox.mark_seen(&scope, &id, &marks, now).await.unwrap(),
            Act::Opened => inbox.mark_opened(&scope, &id, &marks, now).await.unwrap(),
            Act::Clicked => inbox.mark_clicked(&scope, &id, &marks, now).await.unwrap(),
            Act::Pin => inbox.pin(&scope, &id, now).await.unwrap(),
            Act::Unpin => inbox.unpin(&scope, &id, now).await.unwrap(),
            Act::Snooze(millis) => {
                inbox.snooze(&scope, &id, now.plus_millis(millis), &marks, now).await.unwrap()
            }
            Act::Unsnooze => inbox.unsnooze(&scope, &id, &marks, now).await.unwrap(),
            Act::WakeTooLate => {
                let other = now.plus_millis(-1);
                assert!(inbox.wake(&scope.tenant, &id, other, now).await.unwrap().is_none());
                return;
            }
            Act::Delete => {
                let gone = inbox.delete(&scope, &id, now).await.unwrap();
                assert_eq!(gone.is_some(), self.simple.0[at].is_of(account));
                if gone.is_some() {
                    self.simple.0.remove(at);
                }
                return;
            }
        };
        let expected = self.simple.0[at].is_of(account).then(|| self.simple_act(act, at));
        assert_eq!(done.map(|change| change.changed), expected, "{act:?} of {:?}", self.simple.0[at]);
    }

    /// Answers whether that was a change.
    fn simple_act(&mut self, act: Act, at: usize) -> bool {
        let now = self.now;
        let one = &mut self.simple.0[at];
        match act {
            Act::Read => one.read(now),
            Act::Unread => one.unread(now),
            Act::Archive => one.archive(now),
            Act::Unarchive => one.unarchive(now),
            Act::Seen => one.see(now),
            Act::Opened => one.note(|one| &mut one.opened_at, now),
            Act::Clicked => one.note(|one| &mut one.clicked_at, now),
            Act::Pin => one.pin(true),
            Act::Unpin => one.pin(false),
            Act::Snooze(millis) => one.snooze(now.plus_millis(millis)),
            Act::Unsnooze => one.wake(now),
            Act::WakeTooLate | Act::Delete => unreachable!("no change of a row"),
        }
    }

    pub(super) async fn bulk_read(&mut self, some: &[Which], account: Account) {
        let (now, scope) = (self.now, self.scope(account));
        let mut which: Vec<usize> = some.iter().filter_map(|which| self.at(*which)).collect();
        which.sort_unstable();
        which.dedup();
        let ids = which.iter().map(|at| self.simple.0[*at].id.clone()).collect();
        let marks = self.inbox.marks(&scope).await.unwrap();
        let ReadMany { changed, failure } = self.inbox.mark_read_many(&scope, ids, &marks, now).await;
        assert!(failure.is_none(), "{failure:?}");
        let own = which.into_iter().filter(|at| self.simple.0[*at].is_of(account)).collect::<Vec<_>>();
        let read = own.into_iter().filter(|at| self.simple.0[*at].read_unless_marked(now));
        let read: Vec<_> =
            read.collect::<Vec<_>>().into_iter().map(|at| self.simple.0[at].id.clone()).collect();
        assert_eq!(changed.into_iter().map(|one| one.id).collect::<Vec<_>>(), read);
    }
}
