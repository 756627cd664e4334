use carillon_domain::{Millis, NotificationId, Ulid, ulid_at};
use carillon_store::Scope;

use crate::support::{DAY, Fixture, T0, fixture, notification};

async fn missed(f: &Fixture, scope: &Scope, since: Option<Millis>, now: Millis) -> Vec<NotificationId> {
    let mut all = Vec::new();
    if let Some(since) = since {
        let late = f.inbox.arrived_late(scope, since, now).await.unwrap();
        all.extend(f.inbox.current_of(scope, &late).await.unwrap());
    }
    let mut after = None;
    loop {
        let (page, next) = f.inbox.missed(scope, since, after, now).await.unwrap();
        all.extend(page);
        after = next;
        if after.is_none() {
            return all.into_iter().map(|one| one.id).collect();
        }
    }
}

#[tokio::test]
async fn without_a_time_everything_current_comes_oldest_first() {
    let f = fixture().await;
    let mut all = Vec::new();
    for i in 0..5 {
        all.push(f.put(T0.plus_seconds(i)).await);
    }
    let gone = all.remove(2);
    f.inbox.archive(&f.ann, &gone, T0).await.unwrap();
    let deleted = all.remove(2);
    f.inbox.delete(&f.ann, &deleted, T0).await.unwrap();
    assert_eq!(missed(&f, &f.ann, None, T0.plus_seconds(10)).await, all);
    assert!(missed(&f, &f.ann, None, T0.plus_seconds(31 * DAY)).await.is_empty());
}

#[tokio::test]
async fn since_a_time_old_ones_stay_away_and_late_arrivals_come() {
    let f = fixture().await;
    let hour = |n: i64| T0.plus_seconds(n * 3600);
    f.put(hour(0)).await;
    let late = f.put_as(&notification("ann", None, hour(1), hour(5))).await;
    let recent = f.put(hour(6)).await;
    assert_eq!(missed(&f, &f.ann, Some(hour(4)), hour(7)).await, [late, recent.clone()]);
    assert_eq!(missed(&f, &f.ann, Some(hour(6)), hour(7)).await, [recent]);
}

#[tokio::test]
async fn more_than_a_batch_of_late_arrivals_comes_whole_and_once() {
    let f = fixture().await;
    let mut all = Vec::new();
    for i in 0..130 {
        let id = f.put_as(&notification("ann", None, T0.plus_seconds(i), T0.plus_seconds(50_000))).await;
        all.push(id);
    }
    assert_eq!(missed(&f, &f.ann, Some(T0.plus_seconds(49_999)), T0.plus_seconds(50_001)).await, all);
}

#[tokio::test]
async fn a_token_for_one_account_resyncs_that_account() {
    let f = fixture().await;
    let late = f.put_as(&notification("ann", Some("work"), T0, T0.plus_seconds(9_000))).await;
    f.put_as(&notification("ann", Some("home"), T0, T0.plus_seconds(9_000))).await;
    let new =
        f.put_as(&notification("ann", Some("work"), T0.plus_seconds(9_001), T0.plus_seconds(9_001))).await;
    f.put_as(&notification("ann", Some("home"), T0.plus_seconds(9_002), T0.plus_seconds(9_002))).await;
    let since = Some(T0.plus_seconds(8_999));
    assert_eq!(missed(&f, &f.ann_at("work"), since, T0.plus_seconds(9_010)).await, [late, new]);
}

#[tokio::test]
async fn it_goes_on_after_any_id_even_one_that_is_not_there() {
    let f = fixture().await;
    let mut all = Vec::new();
    for i in 0..4 {
        all.push(f.put(T0.plus_seconds(i)).await);
    }
    let now = T0.plus_seconds(10);
    for (after, left) in [
        (Ulid::nil(), &all[..]),
        (all[0].ulid, &all[1..]),
        (ulid_at(T0.plus_seconds(2)), &all[2..]),
        (all[3].ulid, &all[4..]),
        (Ulid::max(), &all[4..]),
    ] {
        let (page, next) = f.inbox.missed(&f.ann, None, Some(after), now).await.unwrap();
        assert_eq!(page.into_iter().map(|one| one.id).collect::<Vec<_>>(), left, "{after}");
        assert_eq!(next, None);
    }
}

#[tokio::test]
async fn a_long_inbox_comes_in_pages_each_once() {
    let f = fixture().await;
    let large = |i: i64| {
        let mut one = notification("ann", None, T0.plus_seconds(i), T0.plus_seconds(i));
        one.content.body = "x".repeat(20_000);
        one
    };
    let all = f.seed((0..120).map(large)).await;
    let (first, next) = f.inbox.missed(&f.ann, None, None, T0.plus_seconds(200)).await.unwrap();
    assert!(first.len() < all.len(), "a query reads no more than a megabyte");
    assert_eq!(next, first.last().map(|one| one.id.ulid));
    assert_eq!(missed(&f, &f.ann, None, T0.plus_seconds(200)).await, all);
}
