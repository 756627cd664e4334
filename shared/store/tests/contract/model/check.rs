//! Whether the store shows what the model has.

use std::fmt::Debug;

use carillon_domain::{InboxView, Ulid};
use carillon_store::{PageQuery, View};

use super::Both;
use super::wanted::Wanted;

/// What a list shows of one: which, whether it is unread and pinned, and when it was read, seen, clicked, opened.
type Shown = (Ulid, bool, bool, [Option<String>; 4]);

const VIEWS: [View; 3] = [View::Current, View::Unread, View::Archived];

fn same<T: PartialEq + Debug>(what: &str, store: &T, model: &T) -> Result<(), String> {
    if store == model { Ok(()) } else { Err(format!("{what}:\nstore {store:?}\nmodel {model:?}")) }
}

impl Both {
    /// The list and the count, and of each view in turn what a filter leaves; every fourth time lists, count and stats.
    pub(super) async fn compare(&self, turn: usize, wanted: &Wanted) -> Result<(), String> {
        let account = [None, Some("work"), None, Some("home")][turn % 4];
        match turn % 4 {
            3 => self.compare_as(account, 100).await?,
            _ => self.compare_list(View::Current, None, &Wanted::default(), 100).await?,
        }
        self.compare_list(VIEWS[turn % 3], account, wanted, 3).await
    }

    /// All of it for whoever asks, by small pages.
    pub(super) async fn compare_whole(&self) -> Result<(), String> {
        for account in [None, Some("work"), Some("home")] {
            self.compare_as(account, 2).await?;
        }
        Ok(())
    }

    async fn compare_as(&self, account: Option<&str>, limit: usize) -> Result<(), String> {
        for view in VIEWS {
            self.compare_list(view, account, &Wanted::default(), limit).await?;
        }
        let store = self.inbox.stats(&self.scope(account), self.now).await.unwrap();
        same(&format!("stats of {account:?}"), &store, &self.simple.stats(account, self.now))
    }

    async fn compare_list(
        &self,
        view: View,
        account: Option<&str>,
        wanted: &Wanted,
        limit: usize,
    ) -> Result<(), String> {
        let (now, scope) = (self.now, self.scope(account));
        let unread = self.simple.stats(account, now).unread;
        let mut query = PageQuery { view, limit, after: None, filter: wanted.filter(now) };
        let mut shown: Vec<Shown> = Vec::new();
        loop {
            let page = self.inbox.page(&scope, &query, now).await.unwrap();
            shown.extend(page.items.iter().map(|one| {
                let InboxView { unread, read_at, seen_at, clicked_at, opened_at, .. } = one.view(&page.marks);
                (one.id.ulid, unread, one.pinned_at.is_some(), [read_at, seen_at, clicked_at, opened_at])
            }));
            let count = match page.unread_count {
                Some(count) => count,
                None => self.inbox.unread_count(&scope, &page.marks, now).await.unwrap(),
            };
            same(&format!("count with {view:?} of {account:?}"), &count, &unread)?;
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        let model = self.simple.list(view, account, wanted, now);
        let model = model.iter().map(|one| {
            let times = [one.read_at(), one.seen_at(), one.clicked_at, one.opened_at];
            let times = times.map(|time| time.map(|time| time.to_string()));
            (one.id.ulid, !one.is_read(), one.pinned, times)
        });
        same(&format!("{view:?} of {account:?} by {wanted:?}"), &shown, &model.collect())
    }
}
