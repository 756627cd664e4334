use std::collections::BTreeMap;

use carillon_domain::ReadMarks;
use carillon_store::Stats;

use crate::support::{DAY, T0, fixture, notification};

fn stats(total: u64, unread: u64, archived: u64, by_type: &[(&str, u64)]) -> Stats {
    let by_type = by_type.iter().map(|(type_key, count)| ((*type_key).to_owned(), *count));
    Stats { total, unread, archived, by_type: by_type.collect::<BTreeMap<_, _>>(), partial: false }
}

#[tokio::test]
async fn stats_tell_what_the_lists_show() {
    let f = fixture().await;
    let now = T0.plus_seconds(40 * DAY);
    assert_eq!(f.inbox.stats(&f.ann, now).await.unwrap(), stats(0, 0, 0, &[]));
    f.put(T0).await;
    let mut ids = Vec::new();
    for type_key in ["booking", "booking", "alert", "alert", "alert"] {
        let mut one = notification("ann", Some(type_key), now, now);
        one.content.type_key = type_key.into();
        ids.push(f.put_as(&one).await);
    }
    let all = stats(6, 5, 1, &[("booking", 2), ("alert", 3)]);
    assert_eq!(f.inbox.stats(&f.ann, now).await.unwrap(), all, "one is past retention");
    f.inbox.mark_read(&f.ann, &ids[0], now).await.unwrap();
    f.inbox.archive(&f.ann, &ids[1], now).await.unwrap();
    f.inbox.delete(&f.ann, &ids[2], now).await.unwrap();
    f.inbox
        .snooze(&f.ann, &ids[3], now.plus_seconds(DAY), &ReadMarks::default(), now)
        .await
        .unwrap()
        .unwrap();
    let left = stats(4, 1, 2, &[("booking", 1), ("alert", 1)]);
    assert_eq!(f.inbox.stats(&f.ann, now).await.unwrap(), left);
    let work = stats(1, 1, 0, &[("alert", 1)]);
    assert_eq!(f.inbox.stats(&f.ann_at("alert"), now).await.unwrap(), work, "of one account");
    f.inbox.read_all(&f.ann, now).await.unwrap();
    assert_eq!(f.inbox.stats(&f.ann, now).await.unwrap(), Stats { unread: 0, ..left });
}

#[tokio::test]
async fn what_is_past_its_time_counts_no_more_whether_deleted_yet_or_not() {
    let f = fixture().await;
    let id = f.put(T0).await;
    let end = T0.plus_seconds(60 * DAY);
    let archived = carillon_store::View::Archived;
    assert_eq!(f.inbox.stats(&f.ann, end.plus_seconds(-1)).await.unwrap(), stats(1, 0, 1, &[]));
    assert_eq!(f.list(&f.ann, archived, 5, end.plus_seconds(-1)).await, [id]);
    assert_eq!(f.inbox.stats(&f.ann, end).await.unwrap(), stats(0, 0, 0, &[]));
    assert!(f.list(&f.ann, archived, 5, end).await.is_empty());
}

#[tokio::test]
async fn an_inbox_of_more_than_can_be_read_at_once_is_counted_in_part() {
    let f = fixture().await;
    let rows = (0..30).map(|i| {
        let mut one = notification("ann", None, T0.plus_seconds(i), T0.plus_seconds(i));
        one.content.body = "x".repeat(390_000);
        one
    });
    f.seed(rows).await;
    f.target.calls().reset();
    let stats = f.inbox.stats(&f.ann, T0.plus_seconds(60)).await.unwrap();
    assert!(stats.partial && (1..30).contains(&stats.total), "{stats:?}");
    assert_eq!((stats.unread, stats.by_type["app_update"]), (30, stats.total));
    assert!(f.target.calls().total() <= 12);
}
