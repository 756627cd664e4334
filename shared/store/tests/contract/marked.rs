//! What a read-all or a seen-all has marked, when it is met again.

use carillon_domain::{Millis, NotificationId};
use carillon_store::ReadMany;

use crate::states::Op;
use crate::support::{Fixture, T0, account, fixture, notification, tenant, user};

const FIRST: Millis = Millis(T0.0 + 10_000);
const LATER: Millis = Millis(T0.0 + 20_000);

/// One of an account, stored so many milliseconds after it was made.
async fn put(f: &Fixture, account: Option<&str>, lag: i64) -> NotificationId {
    f.put_as(&notification("ann", account, T0, T0.plus_millis(lag))).await
}

#[tokio::test]
async fn reading_many_changes_only_what_was_unread_whoever_read_it() {
    let f = fixture().await;
    let (alone, of_work, by_all) =
        (put(&f, None, 1).await, put(&f, Some("work"), 2).await, put(&f, None, 3).await);
    f.op(&f.ann, Op::Read, &alone, FIRST).await.unwrap();
    let late = put(&f, None, 9_000).await;
    let deleted = put(&f, None, 9_001).await;
    f.inbox.delete(&f.ann, &deleted, FIRST).await.unwrap();
    let archived = put(&f, None, 4).await;
    f.op(&f.ann, Op::Archive, &archived, FIRST).await.unwrap();
    f.inbox.read_all(&f.ann_at("work"), FIRST).await.unwrap();
    let others = NotificationId { user: user("bob"), ..late.clone() };
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    let ids = [&alone, &of_work, &by_all, &late, &deleted, &archived, &others].map(Clone::clone).to_vec();
    let read = |marks| f.inbox.mark_read_many(&f.ann, ids.clone(), marks, LATER);
    let ReadMany { changed, failure } = read(&marks).await;
    assert!(failure.is_none());
    assert_eq!(changed.iter().map(|one| &one.id).collect::<Vec<_>>(), [&by_all, &late, &archived]);
    assert!(changed.iter().all(|one| (one.read_at, one.seen_at) == (Some(LATER), Some(LATER))));
    assert_eq!(f.row(&alone).await.read_at, Some(FIRST));
    let view = f.row(&of_work).await.view(&marks).read_at.map(|at| at == FIRST.to_string());
    assert_eq!(view, Some(true), "since when it was read");
    assert!(read(&marks).await.changed.is_empty(), "twice is once");
}

#[tokio::test]
async fn reading_many_is_one_write_each_whatever_marks_there_are() {
    let mut f = fixture().await;
    for (marked, expected) in [("nothing", 40), ("seen", 40), ("read", 0)] {
        f.ann.tenant = tenant();
        let rows = (0..40).map(|i| notification("ann", None, T0.plus_millis(i), T0.plus_millis(i + 50)));
        let ids = f.seed(rows).await;
        let at = match marked {
            "seen" => f.inbox.seen_all(&f.ann, FIRST).await.unwrap().then_some(FIRST),
            "read" => f.inbox.read_all(&f.ann, FIRST).await.unwrap().then_some(FIRST),
            _ => Some(LATER),
        };
        let marks = f.inbox.marks(&f.ann).await.unwrap();
        f.target.calls().reset();
        let many = f.inbox.mark_read_many(&f.ann, ids, &marks, LATER).await;
        assert_eq!((many.changed.len(), f.target.calls().total()), (expected, 40), "{marked}");
        assert!(many.changed.iter().all(|one| one.seen_at == at), "{marked}");
    }
}

#[tokio::test]
async fn what_was_seen_by_a_mark_was_seen_then() {
    let mut f = fixture().await;
    let ops = [Op::Seen, Op::Clicked, Op::Opened, Op::Unread];
    for read in [false, true] {
        for (op, name) in ops.into_iter().zip([None, Some("work"), None, Some("home")]) {
            let id = put(&f, name, 50).await;
            let marked = if read {
                f.inbox.read_all(&f.ann, FIRST).await
            } else {
                f.inbox.seen_all(&f.ann, FIRST).await
            };
            assert!(marked.unwrap());
            let change = f.op(&f.ann, op, &id, LATER).await.unwrap();
            let is_news = if op == Op::Unread { read } else { op != Op::Seen };
            assert_eq!(change.changed, is_news, "{op:?} {read}");
            let marks = f.inbox.marks(&f.ann).await.unwrap();
            assert_eq!(change.notification.view(&marks).seen_at, Some(FIRST.to_string()), "{op:?} {read}");
            f.ann.tenant = tenant();
        }
    }
}

#[tokio::test]
async fn an_account_named_like_the_time_of_another_has_marks_of_its_own() {
    let f = fixture().await;
    let names = ["x", "x_at", "at", "through"];
    for (lag, name) in (1..).zip(names) {
        put(&f, Some(name), lag).await;
        assert!(f.inbox.read_all(&f.ann_at(name), FIRST).await.unwrap());
    }
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    assert_eq!(
        marks.accounts.keys().cloned().collect::<Vec<_>>(),
        ["at", "through", "x", "x_at"].map(account)
    );
    assert!(marks.accounts.values().all(|mark| mark.at == FIRST), "{marks:?}");
    assert_eq!(f.count(&f.ann, FIRST).await, 0);
}

#[tokio::test]
async fn nothing_is_marked_that_another_mark_has_marked_already() {
    let f = fixture().await;
    put(&f, Some("work"), 1).await;
    assert!(f.inbox.read_all(&f.ann, FIRST).await.unwrap());
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    for scope in [&f.ann_at("work"), &f.ann] {
        assert!(!f.inbox.read_all(scope, LATER).await.unwrap(), "read by all");
        assert!(!f.inbox.seen_all(scope, LATER).await.unwrap(), "what is read is seen");
    }
    assert_eq!(f.inbox.marks(&f.ann).await.unwrap(), marks);
    put(&f, Some("work"), 2).await;
    assert!(f.inbox.seen_all(&f.ann, LATER).await.unwrap());
    assert!(!f.inbox.seen_all(&f.ann_at("work"), LATER).await.unwrap());
    assert!(f.inbox.read_all(&f.ann_at("work"), LATER).await.unwrap(), "seen is not read");
}

#[tokio::test]
async fn what_a_read_all_overtook_on_its_way_into_the_list_gets_another_key() {
    let f = fixture().await;
    let slow = put(&f, None, 1).await;
    let row = f.row(&slow).await;
    assert_eq!(f.inbox.not_born_read(&f.ann, &row, LATER).await.unwrap(), None, "no mark reached it");
    put(&f, None, 2).await;
    assert!(f.inbox.read_all(&f.ann, FIRST).await.unwrap());
    let renewed = f.inbox.not_born_read(&f.ann, &row, T0).await.unwrap().unwrap();
    assert_eq!((renewed.seen_at, renewed.clone()), (None, f.row(&slow).await));
    assert_eq!(f.count(&f.ann, LATER).await, 1);
    f.op(&f.ann, Op::Read, &slow, LATER).await.unwrap();
    let stale = f.inbox.not_born_read(&f.ann, &row, LATER).await.unwrap();
    assert_eq!((stale, f.count(&f.ann, LATER).await), (None, 0), "what was done to it since stays");
}
