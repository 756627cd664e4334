//! Whether the store shows what the model has.

use std::fmt::Debug;

use carillon_domain::Ulid;
use carillon_store::{Filter, PageQuery, View};

use super::Both;

/// What a list shows of one: which, whether it is unread, seen, pinned.
type Shown = (Ulid, bool, bool, bool);

const VIEWS: [View; 3] = [View::Current, View::Unread, View::Archived];

fn same<T: PartialEq + Debug>(what: &str, store: &T, model: &T) -> Result<(), String> {
    if store == model { Ok(()) } else { Err(format!("{what}:\nstore {store:?}\nmodel {model:?}")) }
}

impl Both {
    /// Lists, count and stats of all accounts, and every other time of one.
    pub(super) async fn compare(&self, turn: usize) -> Result<(), String> {
        self.compare_as(None, 100).await?;
        match turn % 4 {
            1 => self.compare_as(Some("work"), 100).await,
            3 => self.compare_as(Some("home"), 100).await,
            _ => Ok(()),
        }
    }

    /// The same for whoever asks, by small pages.
    pub(super) async fn compare_whole(&self) -> Result<(), String> {
        for account in [None, Some("work"), Some("home")] {
            self.compare_as(account, 2).await?;
        }
        Ok(())
    }

    async fn compare_as(&self, account: Option<&str>, limit: usize) -> Result<(), String> {
        let (now, scope) = (self.now, self.scope(account));
        let stats = self.simple.stats(account, now);
        for view in VIEWS {
            let mut query = PageQuery { view, limit, after: None, filter: Filter::default() };
            let mut shown: Vec<Shown> = Vec::new();
            loop {
                let page = self.inbox.page(&scope, &query, now).await.unwrap();
                shown.extend(page.items.iter().map(|one| {
                    let view = one.view(&page.marks);
                    (one.id.ulid, view.unread, view.seen_at.is_some(), view.pinned_at.is_some())
                }));
                let count = match page.unread_count {
                    Some(count) => count,
                    None => self.inbox.unread_count(&scope, &page.marks, now).await.unwrap(),
                };
                same(&format!("count with {view:?} of {account:?}"), &count, &stats.unread)?;
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
            let model = self.simple.list(view, account, now);
            let model = model.iter().map(|one| (one.id.ulid, !one.read, one.seen, one.pinned)).collect();
            same(&format!("{view:?} of {account:?}"), &shown, &model)?;
        }
        let store = self.inbox.stats(&scope, now).await.unwrap();
        same(&format!("stats of {account:?}"), &store, &stats)
    }
}
