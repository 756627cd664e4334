use carillon_domain::{Millis, Notification, NotificationId, Priority};
use carillon_store::{Filter, View};

use crate::support::{Fixture, T0, fixture, notification};

fn made(seconds: i64, account: &str, type_key: &str, priority: Priority, tags: &[&str]) -> Notification {
    let at = T0.plus_seconds(seconds);
    let mut one = notification("ann", Some(account), at, at);
    one.content.type_key = type_key.into();
    one.content.priority = priority;
    one.content.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    one
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Six of ann's, oldest first. The third is pinned, all are unread.
async fn six(f: &Fixture) -> Vec<NotificationId> {
    let rows = [
        made(0, "work", "booking", Priority::Low, &["folder:inbox", "vip"]),
        made(1, "home", "booking", Priority::High, &["folder:spam"]),
        made(2, "work", "alert", Priority::Critical, &["vip"]),
        made(3, "work", "alert", Priority::High, &[]),
        made(4, "home", "update", Priority::Normal, &["vip", "folder:inbox", "late"]),
        made(5, "work", "booking", Priority::High, &["Vip", "vipfolder:x"]),
    ];
    let mut ids = Vec::new();
    for row in rows {
        ids.push(f.put_as(&row).await);
    }
    f.inbox.pin(&f.ann, &ids[2], T0).await.unwrap().unwrap();
    ids
}

const fn at(seconds: i64) -> Option<Millis> {
    Some(Millis(T0.0 + seconds * 1_000))
}

/// Each with which of the six it lets through, newest first.
fn table() -> Vec<(Filter, &'static [usize])> {
    let none = Filter::default;
    let many = (0..100).map(|i| format!("type-{i}")).chain([String::from("alert")]).collect();
    vec![
        (none(), &[5, 4, 3, 2, 1, 0]),
        (Filter { types: words(&["booking"]), ..none() }, &[5, 1, 0]),
        (Filter { types: words(&["alert", "update"]), ..none() }, &[4, 3, 2]),
        (Filter { types: words(&["unknown"]), ..none() }, &[]),
        (Filter { types: many, ..none() }, &[3, 2]),
        (Filter { priorities: vec![Priority::High], ..none() }, &[5, 3, 1]),
        (Filter { priorities: vec![Priority::Low, Priority::Critical], ..none() }, &[2, 0]),
        (Filter { tags: words(&["vip"]), ..none() }, &[4, 2, 0]),
        (Filter { tags: words(&["vip", "folder:inbox"]), ..none() }, &[4, 0]),
        (Filter { tags: words(&["folder"]), ..none() }, &[]),
        (Filter { exclude_tags: words(&["vip"]), ..none() }, &[5, 3, 1]),
        (Filter { exclude_tags: words(&["late", "folder:spam"]), ..none() }, &[5, 3, 2, 0]),
        (Filter { tag_prefix: Some("folder:".into()), ..none() }, &[4, 1, 0]),
        (Filter { since: at(3), ..none() }, &[5, 4, 3]),
        (Filter { since: at(6), ..none() }, &[]),
        (Filter { pinned: Some(true), ..none() }, &[2]),
        (Filter { pinned: Some(false), ..none() }, &[5, 4, 3, 1, 0]),
        (Filter { types: words(&["booking"]), priorities: vec![Priority::High], ..none() }, &[5, 1]),
        (Filter { tag_prefix: Some("folder:".into()), exclude_tags: words(&["late"]), ..none() }, &[1, 0]),
        (
            Filter {
                types: words(&["alert", "booking"]),
                priorities: vec![Priority::High, Priority::Critical],
                tags: words(&["vip"]),
                exclude_tags: words(&["late"]),
                tag_prefix: Some("v".into()),
                since: at(1),
                pinned: Some(true),
            },
            &[2],
        ),
    ]
}

#[tokio::test]
async fn each_filter_and_all_together_in_every_view() {
    let f = fixture().await;
    let ids = six(&f).await;
    let now = T0.plus_seconds(60);
    for archived in [false, true] {
        let views: &[View] = if archived { &[View::Archived] } else { &[View::Current, View::Unread] };
        for (filter, expected) in table() {
            let expected: Vec<_> = expected.iter().map(|index| ids[*index].clone()).collect();
            for (view, limit) in views.iter().flat_map(|view| [1, 2, 20].map(|limit| (*view, limit))) {
                let listed = f.list_where(&f.ann, view, &filter, limit, now).await;
                assert_eq!(listed, expected, "{view:?} {limit} {filter:?}");
            }
        }
        for id in &ids {
            f.inbox.archive(&f.ann, id, now).await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_filter_narrows_what_an_accounts_token_shows_and_not_the_count() {
    let f = fixture().await;
    let ids = six(&f).await;
    let (work, now) = (f.ann_at("work"), T0.plus_seconds(60));
    f.inbox.mark_read(&f.ann, &ids[5], now).await.unwrap();
    let filter = Filter { types: words(&["booking"]), ..Filter::default() };
    let current = f.list_where(&work, View::Current, &filter, 1, now).await;
    assert_eq!(current, [ids[5].clone(), ids[0].clone()]);
    assert_eq!(f.list_where(&work, View::Unread, &filter, 1, now).await, [ids[0].clone()]);
    let query = carillon_store::PageQuery { view: View::Unread, limit: 20, after: None, filter };
    assert_eq!(f.inbox.page(&work, &query, now).await.unwrap().unread_count, Some(3));
}

#[tokio::test]
async fn the_read_marks_come_along_however_narrow_the_filter() {
    let f = fixture().await;
    six(&f).await;
    f.inbox.read_all(&f.ann, T0).await.unwrap();
    let filter = Filter { types: words(&["unknown"]), ..Filter::default() };
    for view in [View::Current, View::Archived, View::Unread] {
        let query = carillon_store::PageQuery { view, limit: 20, after: None, filter: filter.clone() };
        let page = f.inbox.page(&f.ann_at("work"), &query, T0.plus_seconds(60)).await.unwrap();
        assert!(page.items.is_empty() && page.next.is_none());
        assert_eq!(page.marks, f.inbox.marks(&f.ann).await.unwrap(), "{view:?}");
        assert!(page.marks.all.is_some());
    }
}
