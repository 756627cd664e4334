//! What a long inbox costs.

use std::collections::BTreeMap;

use carillon_store::{Filter, Page, PageQuery, View};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use crate::support::{Fixture, T0, fixture, notification};

/// Calls by operation, and capacity.
#[derive(Debug, PartialEq)]
struct Cost {
    calls: BTreeMap<String, usize>,
    read: f64,
    write: f64,
}

/// What one query may read, in units.
const MEGABYTE: f64 = 257.0;

async fn cost<T>(f: &Fixture, what: impl Future<Output = T>) -> (T, Cost) {
    let calls = f.target.calls();
    calls.reset();
    let done = what.await;
    let cost = Cost { calls: calls.by_operation(), read: calls.read_units(), write: calls.write_units() };
    (done, cost)
}

/// An inbox of so many, one a second, all unread; the oldest is of a type and a tag of its own.
async fn inbox_of(count: i64) -> Fixture {
    let f = fixture().await;
    let rows = (0..count).map(|i| {
        let mut one = notification("ann", None, T0.plus_seconds(i), T0.plus_seconds(i));
        if i == 0 {
            one.content.type_key = "rare".into();
            one.content.tags = vec!["rare:1".into()];
        }
        one
    });
    f.seed(rows).await;
    f
}

/// A token for one account asks: of so many, every tenth is of it.
async fn one_account_reads_all(count: i64) -> Vec<Cost> {
    let f = fixture().await;
    let rows = (0..count).map(|i| {
        let account = if i % 10 == 0 { "work" } else { "home" };
        notification("ann", Some(account), T0.plus_seconds(i), T0.plus_seconds(i))
    });
    f.seed(rows).await;
    let (work, now) = (f.ann_at("work"), T0.plus_seconds(20_000));
    let mut costs = Vec::new();
    for (kind, expected) in [("seen", true), ("seen", false), ("read", true), ("read", false)] {
        let (changed, spent) = if kind == "seen" {
            cost(&f, f.inbox.seen_all(&work, now)).await
        } else {
            cost(&f, f.inbox.read_all(&work, now)).await
        };
        assert_eq!(changed.unwrap(), expected, "{kind}");
        costs.push(spent);
    }
    assert_eq!(f.count(&work, now).await, 0);
    costs
}

#[tokio::test]
async fn marking_all_of_one_account_costs_the_same_however_long_the_inbox() {
    if fixture().await.target.is_deployed() {
        return; // Capacity is counted in this process only.
    }
    let (small, large) = (one_account_reads_all(100).await, one_account_reads_all(3_000).await);
    assert_eq!(small, large);
    let calls = |write: &[(&str, usize)]| {
        let read = [("GetItem", 1), ("Query", 1)];
        read.iter().chain(write).map(|(name, count)| ((*name).to_owned(), *count)).collect::<BTreeMap<_, _>>()
    };
    for (turn, spent) in large.iter().enumerate() {
        let write: &[(&str, usize)] = if turn % 2 == 0 { &[("UpdateItem", 1)] } else { &[] };
        assert_eq!(spent.calls, calls(write), "{spent:?}");
        assert!(spent.read <= 3.0 && spent.write <= 1.0, "{spent:?}");
    }
}

fn page<'a>(f: &'a Fixture, query: &'a PageQuery) -> LocalBoxFuture<'a, Page> {
    let page = async { f.inbox.page(&f.ann, query, T0.plus_seconds(20_000)).await.unwrap() };
    page.boxed_local()
}

fn first(view: View, filter: Filter) -> PageQuery {
    PageQuery { view, limit: 20, after: None, filter }
}

/// Pages through to the end, each page within its bound; how many pages that took.
async fn pages_to_the_rare_one(f: &Fixture, filter: Filter) -> usize {
    let mut query = first(View::Current, filter);
    let mut pages = 0;
    let mut found = 0;
    loop {
        let (page, cost) = cost(f, page(f, &query)).await;
        pages += 1;
        found += page.items.len();
        assert!(cost.calls["Query"] <= 10 && cost.read <= 10.0 * MEGABYTE, "{cost:?}");
        query.after = page.next;
        if query.after.is_none() {
            assert_eq!(found, 1, "{query:?}");
            return pages;
        }
    }
}

#[tokio::test]
async fn an_inbox_of_10000_costs_what_one_of_100_costs() {
    let small = inbox_of(100).await;
    if small.target.is_deployed() {
        return; // Capacity is counted in this process only.
    }
    let large = inbox_of(10_000).await;
    let now = T0.plus_seconds(20_000);

    // Filters and stats look at so much, and no more.
    let by_prefix = Filter { tag_prefix: Some("rare".into()), ..Filter::default() };
    let by_tag = Filter { tags: vec!["rare:1".into()], ..Filter::default() };
    assert_eq!(pages_to_the_rare_one(&large, by_tag.clone()).await, 2);
    assert_eq!(pages_to_the_rare_one(&small, by_tag).await, 1);
    let (unread, spent) = cost(&large, page(&large, &first(View::Unread, by_prefix))).await;
    assert!(unread.items.is_empty() && unread.next.is_some());
    // The index has a short entry for each unread one; rows are read by their keys.
    assert!(spent.calls["BatchGetItem"] <= 10 && spent.calls["Query"] <= 4, "{spent:?}");
    let (stats, spent) = cost(&large, large.inbox.stats(&large.ann, now)).await;
    let stats = stats.unwrap();
    assert_eq!((stats.total, stats.unread, stats.partial), (10_000, 10_000, false));
    assert!(spent.calls["Query"] <= 12, "{spent:?}");

    let mut costs = Vec::new();
    for f in [&small, &large] {
        let (listed, page) = cost(f, page(f, &first(View::Current, Filter::default()))).await;
        assert_eq!((listed.items.len(), listed.unread_count), (20, None));
        let (before, counting) = cost(f, f.inbox.unread_count(&f.ann, &listed.marks, now)).await;
        let (moved, read_all) = cost(f, f.inbox.read_all(&f.ann, now)).await;
        assert!(moved.unwrap() && before.unwrap() >= 100);
        for i in 0..10 {
            f.put(now.plus_millis(-i)).await;
        }
        let marks = f.inbox.marks(&f.ann).await.unwrap();
        let (after, counting_again) = cost(f, f.inbox.unread_count(&f.ann, &marks, now)).await;
        assert_eq!(after.unwrap(), 10);
        let (unread, unread_page) = cost(f, self::page(f, &first(View::Unread, Filter::default()))).await;
        assert_eq!(unread.items.len(), 10);
        costs.push(([page, read_all, counting_again, unread_page], counting));
    }
    let [(small, counting_100), (large, counting_10000)] = <[_; 2]>::try_from(costs).unwrap();
    assert_eq!(small, large);
    assert_eq!(large[0].calls, BTreeMap::from([("Query".into(), 1)]));
    let per_unread = counting_10000.read / counting_100.read;
    assert!((50.0..=150.0).contains(&per_unread), "{counting_100:?} {counting_10000:?}");
}
