use carillon_domain::{AccountId, Millis, NotificationId};
use carillon_store::{Cleaned, Cleared, Row, Scope, View};

use crate::states::Op;
use crate::support::{DAY, Fixture, T0, fixture, notification};

/// What was created at [`T0`] is past retention.
const NOW: Millis = Millis(T0.0 + 31 * DAY * 1000);
/// What was archived at [`NOW`] was so for longer than that.
const LATER: Millis = Millis(NOW.0 + 30 * DAY * 1000);

async fn clean(f: &Fixture, scope: &Scope, now: Millis) -> Cleaned {
    let mut cleaned = Cleaned::default();
    f.inbox.cleanup_old(scope, now, &mut cleaned).await.unwrap();
    cleaned
}

/// How many it archived and deleted, of an inbox that is short.
async fn counts(f: &Fixture, scope: &Scope, now: Millis) -> (usize, usize) {
    let cleaned = clean(f, scope, now).await;
    assert!(!cleaned.more);
    (cleaned.archived.len(), cleaned.deleted.len())
}

async fn is_gone(f: &Fixture, id: &NotificationId) -> bool {
    matches!(f.inbox.get(&f.ann, id).await.unwrap(), Some(Row::Gone(_)))
}

#[tokio::test]
async fn old_unread_ones_are_archived_and_what_was_long_archived_is_deleted() {
    let f = fixture().await;
    assert_eq!(counts(&f, &f.ann, NOW).await, (0, 0));
    let (unread, read, archived) = (f.put(T0).await, f.put(T0).await, f.put(T0).await);
    f.op(&f.ann, Op::Read, &read, T0).await.unwrap();
    f.op(&f.ann, Op::Archive, &archived, T0).await.unwrap();
    let young = f.put(NOW.plus_millis(1)).await;
    let late = f.put(T0).await;
    f.op(&f.ann, Op::Archive, &late, NOW).await.unwrap();
    assert_eq!(counts(&f, &f.ann, NOW).await, (1, 1));
    assert!(is_gone(&f, &archived).await);
    let row = f.row(&unread).await;
    assert_eq!((row.archived_at, row.unread, row.held.is_some()), (Some(NOW), None, true));
    for id in [&read, &young] {
        assert_eq!(f.row(id).await.archived_at, None);
    }
    assert_eq!(f.row(&late).await.archived_at, Some(NOW));
    assert_eq!(f.list(&f.ann, View::Current, 9, NOW).await, [young]);
    assert_eq!(f.count(&f.ann, NOW).await, 1);
    assert_eq!(counts(&f, &f.ann, NOW).await, (0, 0), "twice is once");
    assert_eq!(counts(&f, &f.ann, LATER).await, (0, 2), "the young one is just in time");
    assert!(is_gone(&f, &unread).await && is_gone(&f, &late).await);
}

#[tokio::test]
async fn retention_ends_at_the_same_instant_for_the_list_and_the_clean_up() {
    let f = fixture().await;
    f.put(T0).await;
    let end = T0.plus_seconds(30 * DAY);
    for (now, listed, archived) in [(end.plus_millis(-1), 1, 0), (end, 0, 1)] {
        assert_eq!(f.list(&f.ann, View::Current, 9, now).await.len(), listed);
        assert_eq!(counts(&f, &f.ann, now).await, (archived, 0));
    }
}

#[tokio::test]
async fn pinned_and_snoozed_ones_and_what_a_read_all_read_are_left() {
    let f = fixture().await;
    let put = async |ops: &[Op]| {
        let id = f.put(T0).await;
        for op in ops {
            f.op(&f.ann, *op, &id, T0).await.unwrap();
        }
        id
    };
    let covered = put(&[]).await;
    f.inbox.read_all(&f.ann, T0).await.unwrap();
    let later = T0.plus_seconds(1);
    let left = [covered, put(&[Op::Archive, Op::Pin]).await, put(&[Op::Archive, Op::Snooze]).await];
    let pinned = f.put_as(&notification("ann", None, T0, later)).await;
    f.op(&f.ann, Op::Pin, &pinned, later).await.unwrap();
    let mut before = Vec::new();
    for id in left.iter().chain([&pinned]) {
        before.push(f.row(id).await);
    }
    assert_eq!(counts(&f, &f.ann, LATER).await, (0, 0));
    for row in before {
        assert_eq!(f.row(&row.id).await, row);
    }
}

#[tokio::test]
async fn it_says_which_and_of_which_account() {
    let f = fixture().await;
    let put = async |account| f.put_as(&notification("ann", account, T0, T0)).await;
    let (work, home, plain) = (put(Some("work")).await, put(Some("home")).await, put(None).await);
    f.op(&f.ann, Op::Archive, &home, T0).await.unwrap();
    let cleared = |id: &NotificationId, account: Option<&str>| Cleared {
        id: id.clone(),
        account: account.map(|account| AccountId::parse(account).unwrap()),
    };
    let cleaned = clean(&f, &f.ann, NOW).await;
    assert_eq!(cleaned.deleted, [cleared(&home, Some("home"))]);
    assert_eq!(cleaned.archived.len(), 2);
    for one in [cleared(&work, Some("work")), cleared(&plain, None)] {
        assert!(cleaned.archived.contains(&one), "{one:?}");
    }
}

#[tokio::test]
async fn a_token_for_one_account_cleans_up_that_account() {
    let f = fixture().await;
    for account in ["work", "home"] {
        for archive in [false, true] {
            let id = f.put_as(&notification("ann", Some(account), T0, T0)).await;
            if archive {
                f.op(&f.ann, Op::Archive, &id, T0).await.unwrap();
            }
        }
    }
    f.inbox.read_all(&f.ann_at("home"), T0).await.unwrap();
    assert_eq!(counts(&f, &f.ann_at("work"), NOW).await, (1, 1));
    assert_eq!(counts(&f, &f.ann, NOW).await, (0, 1), "at home all is read");
}

#[tokio::test]
async fn a_long_inbox_is_cleaned_up_in_several_calls() {
    let f = fixture().await;
    let rows: Vec<_> = (0..620).map(|_| notification("ann", None, T0, T0)).collect();
    for chunk in rows.chunks(62) {
        let puts = chunk.iter().map(|row| f.inbox.put(&f.ann.tenant, row));
        futures::future::try_join_all(puts).await.unwrap();
    }
    let clean = async |now| {
        let cleaned = clean(&f, &f.ann, now).await;
        (cleaned.archived.len(), cleaned.deleted.len(), cleaned.more)
    };
    assert_eq!(clean(NOW).await, (500, 0, true));
    assert_eq!(clean(NOW).await, (120, 0, false));
    assert_eq!(clean(LATER).await, (0, 500, true));
    assert_eq!(clean(LATER).await, (0, 120, false));
    assert_eq!(clean(LATER).await, (0, 0, false));
    assert!(f.list(&f.ann, View::Archived, 9, LATER).await.is_empty());
}
