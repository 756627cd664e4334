use std::collections::BTreeMap;

use carillon_domain::{Notification, mint};
use carillon_store::{Filter, PageQuery, View};

use crate::support::{T0, fixture, notification};

#[tokio::test]
async fn read_all_of_2000_is_one_read_and_one_write_and_counts_0_at_once() {
    let f = fixture().await;
    let rows: Vec<Notification> =
        (0..2_000).map(|i| notification("ann", None, T0.plus_millis(i), T0.plus_millis(i))).collect();
    for chunk in rows.chunks(50) {
        let puts = chunk.iter().map(|row| f.inbox.put(&f.ann.tenant, row));
        futures::future::try_join_all(puts).await.unwrap();
    }
    let now = T0.plus_seconds(60);
    assert_eq!(f.count(&f.ann, now).await, 2_000);
    f.target.calls().reset();
    assert!(f.inbox.read_all(&f.ann, now).await.unwrap());
    let calls = f.target.calls().by_operation();
    assert_eq!(calls, BTreeMap::from([("Query".into(), 1), ("UpdateItem".into(), 1)]));
    if !f.target.is_deployed() {
        assert!(f.target.calls().read_units() <= 1.0, "{}", f.target.calls().read_units());
        assert!(f.target.calls().write_units() <= 1.0, "{}", f.target.calls().write_units());
    }
    assert_eq!(f.count(&f.ann, now).await, 0);
    let one = &rows[1_000].id;
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    assert!(
        f.inbox.mark_unread(&f.ann, one, &marks, T0).await.unwrap().unwrap().changed,
        "even by a slow clock"
    );
    assert_eq!(f.count(&f.ann, now).await, 1);
    assert_eq!(f.list(&f.ann, View::Unread, 10, now).await, std::slice::from_ref(one));
}

#[tokio::test]
async fn what_is_stored_after_a_read_all_is_unread_however_old_its_id() {
    let f = fixture().await;
    f.put(T0.plus_seconds(10)).await;
    assert!(f.inbox.read_all(&f.ann, T0.plus_seconds(20)).await.unwrap());
    let late = notification("ann", None, T0, T0.plus_seconds(30));
    f.put_as(&late).await;
    let now = T0.plus_seconds(40);
    assert_eq!(f.count(&f.ann, now).await, 1);
    assert_eq!(f.list(&f.ann, View::Unread, 10, now).await, [late.id]);
}

#[tokio::test]
async fn the_mark_only_moves_forward_and_an_empty_inbox_writes_nothing() {
    let f = fixture().await;
    assert!(!f.inbox.read_all(&f.ann, T0).await.unwrap());
    assert_eq!(f.target.calls().count("UpdateItem"), 0);
    let first = f.put(T0).await;
    let second = f.put(T0.plus_seconds(9)).await;
    assert!(f.inbox.read_all(&f.ann, T0).await.unwrap());
    let reached = f.inbox.marks(&f.ann).await.unwrap();
    // With the newest read by itself, the newest entry of the index is an older one.
    f.inbox.mark_read(&f.ann, &second, T0).await.unwrap();
    assert!(!f.inbox.read_all(&f.ann, T0).await.unwrap());
    assert_eq!(f.inbox.marks(&f.ann).await.unwrap(), reached);
    assert_eq!(f.count(&f.ann, T0).await, 0);
    assert_ne!(first, second);
}

#[tokio::test]
async fn read_all_for_one_account_leaves_the_others_unread() {
    let f = fixture().await;
    for (i, name) in ["work", "home", "work", "home"].into_iter().enumerate() {
        let at = T0.plus_seconds(i64::try_from(i).unwrap());
        f.put_as(&notification("ann", Some(name), at, at)).await;
    }
    let now = T0.plus_seconds(10);
    let (work, home) = (f.ann_at("work"), f.ann_at("home"));
    assert!(f.inbox.read_all(&work, now).await.unwrap());
    assert_eq!((f.count(&work, now).await, f.count(&home, now).await), (0, 2));
    // One row is read or not, whoever looks.
    assert_eq!(f.count(&f.ann, now).await, 2);
    assert_eq!(f.list(&f.ann, View::Unread, 1, now).await, f.list(&home, View::Unread, 9, now).await);
    let query = PageQuery { view: View::Current, limit: 20, after: None, filter: Filter::default() };
    let page = f.inbox.page(&f.ann, &query, now).await.unwrap();
    assert_eq!(page.items.iter().filter(|one| one.is_read(&page.marks)).count(), 2);
    f.put_as(&notification("ann", Some("work"), T0, T0.plus_seconds(11))).await;
    assert_eq!(f.count(&work, now).await, 1);
    assert!(f.inbox.read_all(&f.ann, now).await.unwrap());
    assert_eq!((f.count(&work, now).await, f.count(&home, now).await), (0, 0));
}

#[tokio::test]
async fn read_all_covers_all_that_one_count_saw() {
    let f = fixture().await;
    // Same millisecond, different random parts: the newest is the greatest ULID, not the last put.
    for _ in 0..20 {
        let mut row = notification("ann", None, T0, T0);
        row.unread = Some(mint(T0));
        f.put_as(&row).await;
    }
    assert_eq!(f.count(&f.ann, T0).await, 20);
    f.inbox.read_all(&f.ann, T0).await.unwrap();
    assert_eq!(f.count(&f.ann, T0).await, 0);
}
