use carillon_store::{Filter, PageQuery, View};

use crate::support::{DAY, T0, fixture, notification};

#[tokio::test]
async fn pages_are_newest_first_and_neither_miss_nor_repeat() {
    let f = fixture().await;
    let mut all = Vec::new();
    for i in 0..25 {
        // Some share their millisecond.
        all.push(f.put(T0.plus_millis(i / 3)).await);
    }
    all.sort_by_key(|id| std::cmp::Reverse(id.ulid));
    let now = T0.plus_seconds(1);
    for limit in [1, 4, 5, 24, 25, 26, 100] {
        assert_eq!(f.list(&f.ann, View::Current, limit, now).await, all, "limit {limit}");
    }
    // Unread again, and yet in its old place.
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    f.inbox.mark_read(&f.ann, &all[20], now).await.unwrap();
    f.inbox.mark_unread(&f.ann, &all[20], &marks, now).await.unwrap();
    f.inbox.mark_read(&f.ann, &all[3], now).await.unwrap();
    all.remove(3);
    for limit in [1, 5, 24, 25] {
        assert_eq!(f.list(&f.ann, View::Unread, limit, now).await, all, "limit {limit}");
    }
}

#[tokio::test]
async fn paging_through_1000_while_new_ones_arrive_misses_none_and_repeats_none() {
    let f = fixture().await;
    // Ten of each millisecond.
    let rows: Vec<_> = (0..1_000).map(|i| T0.plus_millis(i / 10)).collect();
    let mut all = f.seed(rows.iter().map(|at| notification("ann", None, *at, *at))).await;
    all.sort_by_key(|id| std::cmp::Reverse(id.ulid));
    let now = T0.plus_seconds(60);
    let views = [(View::Current, 60), (View::Unread, 100)];
    for (round, (view, limit)) in (1..).zip(views) {
        let arrival = T0.plus_seconds(10 * round);
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let query = PageQuery { view, limit, after, filter: Filter::default() };
            let page = f.inbox.page(&f.ann, &query, now).await.unwrap();
            listed.extend(page.items.into_iter().map(|one| one.id));
            after = page.next;
            if after.is_none() {
                break;
            }
            f.put(arrival).await;
            // And one that took its time.
            f.put_as(&notification("ann", None, arrival.plus_seconds(-1), arrival)).await;
        }
        assert!(listed == all, "{view:?} by {limit}: {} of {}", listed.len(), all.len());
        // The next round starts with what arrived in this one.
        all = f.list(&f.ann, view, 100, now).await;
        assert!(all.len() > listed.len() && all.ends_with(&listed));
    }
}

#[tokio::test]
async fn archived_deleted_and_old_ones_leave_the_list_and_the_count_together() {
    let f = fixture().await;
    let now = T0.plus_seconds(40 * DAY);
    let old = f.put(T0).await;
    let kept = f.put(now).await;
    let archived = f.put(now).await;
    let deleted = f.put(now).await;
    f.inbox.archive(&f.ann, &archived, now).await.unwrap();
    f.inbox.delete(&f.ann, &deleted, now).await.unwrap();
    assert_eq!(f.list(&f.ann, View::Current, 2, now).await, std::slice::from_ref(&kept));
    assert_eq!(f.list(&f.ann, View::Unread, 2, now).await, [kept]);
    assert_eq!(f.list(&f.ann, View::Archived, 1, now).await, [archived, old]);
    assert_eq!(f.count(&f.ann, now).await, 1);
}

#[tokio::test]
async fn retention_is_the_same_instant_for_list_count_and_archive() {
    let f = fixture().await;
    let id = f.put(T0).await;
    let edge = T0.plus_seconds(30 * DAY);
    assert_eq!(f.list(&f.ann, View::Current, 2, edge.plus_millis(-1)).await, std::slice::from_ref(&id));
    assert_eq!(f.count(&f.ann, edge.plus_millis(-1)).await, 1);
    assert!(f.list(&f.ann, View::Archived, 2, edge.plus_millis(-1)).await.is_empty());
    assert!(f.list(&f.ann, View::Current, 2, edge).await.is_empty());
    assert_eq!(f.count(&f.ann, edge).await, 0);
    assert_eq!(f.list(&f.ann, View::Archived, 2, edge).await, [id]);
}

#[tokio::test]
async fn the_first_page_brings_the_read_marks_in_one_query() {
    let f = fixture().await;
    f.put(T0).await;
    f.inbox.read_all(&f.ann, T0).await.unwrap();
    f.target.calls().reset();
    let query = PageQuery { view: View::Current, limit: 20, after: None, filter: Filter::default() };
    let page = f.inbox.page(&f.ann, &query, T0).await.unwrap();
    assert_eq!(f.target.calls().total(), 1);
    assert_eq!(page.marks, f.inbox.marks(&f.ann).await.unwrap());
    assert!(page.items[0].is_read(&page.marks));
}

#[tokio::test]
async fn a_page_of_unread_ones_brings_the_count_along() {
    let f = fixture().await;
    for i in 0..30 {
        f.put(T0.plus_seconds(i)).await;
    }
    f.target.calls().reset();
    let query = PageQuery { view: View::Unread, limit: 20, after: None, filter: Filter::default() };
    let page = f.inbox.page(&f.ann, &query, T0.plus_seconds(60)).await.unwrap();
    assert_eq!((page.items.len(), page.unread_count), (20, Some(30)));
    assert_eq!(f.target.calls().total(), 3, "marks, index, rows");
}

#[tokio::test]
async fn a_cursor_that_has_aged_past_retention_ends_the_list() {
    let f = fixture().await;
    for i in 0..3 {
        f.put(T0.plus_seconds(i)).await;
    }
    for view in [View::Current, View::Unread] {
        let query = |after| PageQuery { view, limit: 1, after, filter: Filter::default() };
        let young = T0.plus_seconds(30 * DAY - 60);
        let first = f.inbox.page(&f.ann, &query(None), young).await.unwrap();
        assert!(first.next.is_some());
        let later = f.inbox.page(&f.ann, &query(first.next), T0.plus_seconds(31 * DAY)).await.unwrap();
        assert!(later.items.is_empty() && later.next.is_none(), "{view:?}");
    }
}
