use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Millis, Notification, NotificationId, ReadMarks};
use carillon_store::View;

use crate::states::Op;
use crate::support::{DAY, Fixture, T0, fixture, notification, tenant};

/// When [`Op::Snooze`] ends.
const UNTIL: Millis = Millis(T0.0 + DAY * 1000);
const SOON: Millis = Millis(T0.0 + 60_000);

async fn snoozed(f: &Fixture) -> NotificationId {
    let id = f.put(T0).await;
    assert!(f.op(&f.ann, Op::Snooze, &id, T0).await.unwrap().changed);
    id
}

async fn purge_at(f: &Fixture, id: &NotificationId) -> i64 {
    let get = f.target.client().get_item().table_name(f.target.table("Inbox")).consistent_read(true);
    let get = get.key("pk", AttributeValue::S(format!("{}#ann", f.ann.tenant)));
    let row = get.key("sk", AttributeValue::S(format!("n#{}", id.ulid))).send().await.unwrap().item.unwrap();
    row.get("purge_at").unwrap().as_n().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_snoozed_one_is_in_no_list_and_no_count_until_it_is_woken() {
    let f = fixture().await;
    let id = snoozed(&f).await;
    for view in [View::Current, View::Unread, View::Archived] {
        assert!(f.list(&f.ann, view, 5, UNTIL.plus_seconds(9)).await.is_empty(), "the row says so, no clock");
    }
    assert_eq!(f.count(&f.ann, T0).await, 0);
    let woken = f.inbox.wake(&f.ann.tenant, &id, UNTIL, UNTIL).await.unwrap().unwrap();
    assert_eq!(*woken, f.row(&id).await);
    assert_eq!((woken.snoozed_until, woken.held), (None, None));
    assert_eq!(f.count(&f.ann, UNTIL).await, 1);
    assert_eq!(f.list(&f.ann, View::Unread, 5, UNTIL).await, std::slice::from_ref(&id));
    assert_eq!(f.inbox.wake(&f.ann.tenant, &id, UNTIL, UNTIL).await.unwrap(), None, "once");
}

#[tokio::test]
async fn a_wake_up_for_another_instant_or_for_what_was_dealt_with_comes_to_nothing() {
    let f = fixture().await;
    let id = snoozed(&f).await;
    f.op(&f.ann, Op::SnoozeLonger, &id, SOON).await.unwrap();
    assert_eq!(f.inbox.wake(&f.ann.tenant, &id, UNTIL, UNTIL).await.unwrap(), None, "snoozed again");
    let later = T0.plus_seconds(2 * DAY);
    assert!(f.inbox.wake(&f.ann.tenant, &id, later, later).await.unwrap().is_some());
    for op in [Op::Unsnooze, Op::Archive] {
        let id = snoozed(&f).await;
        assert!(f.op(&f.ann, op, &id, SOON).await.unwrap().changed);
        let before = f.row(&id).await;
        assert_eq!(f.inbox.wake(&f.ann.tenant, &id, UNTIL, UNTIL).await.unwrap(), None, "{op:?}");
        assert_eq!(f.row(&id).await, before);
    }
    let id = snoozed(&f).await;
    f.inbox.delete(&f.ann, &id, SOON).await.unwrap().unwrap();
    assert_eq!(f.inbox.wake(&f.ann.tenant, &id, UNTIL, UNTIL).await.unwrap(), None);
}

#[tokio::test]
async fn of_many_wake_ups_at_once_one_brings_it_back() {
    let f = fixture().await;
    let id = snoozed(&f).await;
    let all = (0..8).map(|_| f.inbox.wake(&f.ann.tenant, &id, UNTIL, UNTIL));
    let woken = futures::future::try_join_all(all).await.unwrap();
    assert_eq!(woken.iter().flatten().count(), 1);
    assert_eq!(f.count(&f.ann, UNTIL).await, 1);
}

#[tokio::test]
async fn it_comes_back_unread_whatever_was_read_meanwhile() {
    let f = fixture().await;
    let read = snoozed(&f).await;
    assert!(f.op(&f.ann, Op::Read, &read, SOON).await.unwrap().changed);
    let covered = f.put(T0).await;
    assert!(f.inbox.read_all(&f.ann, SOON).await.unwrap());
    let away = f.op(&f.ann, Op::Snooze, &covered, SOON).await.unwrap().notification;
    assert_eq!((away.read_at, away.seen_at), (Some(SOON), Some(SOON)), "what the mark said stays true of it");
    f.put(SOON).await;
    assert!(f.inbox.read_all(&f.ann, UNTIL).await.unwrap());
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    assert_eq!(f.count(&f.ann, SOON).await, 0);
    // By a slow clock, too.
    for (count, id) in [(1, &read), (2, &covered)] {
        let woken = f.inbox.wake(&f.ann.tenant, id, UNTIL, T0).await.unwrap().unwrap();
        assert!(!woken.is_read(&marks) && woken.read_at.is_none());
        assert_eq!(f.count(&f.ann, SOON).await, count);
    }
}

#[tokio::test]
async fn what_was_seen_stays_seen_when_it_comes_back() {
    let f = fixture().await;
    let [unseen, seen, read] = [(None, 9), (Some("work"), 1), (Some("home"), 2)]
        .map(|(account, stored)| notification("ann", account, T0, T0.plus_seconds(stored)));
    for one in [&unseen, &seen, &read] {
        f.put_as(one).await;
    }
    assert!(f.inbox.seen_all(&f.ann_at("work"), SOON).await.unwrap());
    assert!(f.inbox.read_all(&f.ann_at("home"), SOON).await.unwrap());
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    for (id, at) in [(&unseen.id, None), (&seen.id, Some(SOON)), (&read.id, Some(SOON))] {
        f.op(&f.ann, Op::Snooze, id, SOON).await.unwrap();
        let back = f.inbox.unsnooze(&f.ann, id, &marks, UNTIL).await.unwrap().unwrap();
        assert!(back.changed);
        assert_eq!(back.notification.view(&marks).seen_at, at.map(|at| at.to_string()));
    }
    assert_eq!(f.count(&f.ann, UNTIL).await, 3);
}

#[tokio::test]
async fn no_read_all_and_no_seen_all_reaches_what_is_snoozed() {
    let mut f = fixture().await;
    for then in [Op::Unsnooze, Op::Archive] {
        f.ann.tenant = tenant();
        let id = snoozed(&f).await;
        f.put(SOON).await;
        assert!(f.inbox.seen_all(&f.ann, SOON).await.unwrap());
        assert!(f.inbox.read_all(&f.ann, SOON).await.unwrap());
        let marks = f.inbox.marks(&f.ann).await.unwrap();
        let untouched = |row: &Notification| {
            let view = row.view(&marks);
            assert_eq!((view.unread, view.read_at, view.seen_at), (true, None, None), "{then:?}");
        };
        untouched(&f.row(&id).await);
        untouched(&f.op(&f.ann, then, &id, SOON).await.unwrap().notification);
        if then == Op::Archive {
            untouched(&f.op(&f.ann, Op::Unarchive, &id, SOON).await.unwrap().notification);
        }
        assert_eq!(f.count(&f.ann, SOON).await, 1);
    }
}

#[tokio::test]
async fn archived_and_snoozed_give_way_to_each_other_and_keep_what_was_unread() {
    let f = fixture().await;
    let id = f.put(T0).await;
    for op in [Op::Snooze, Op::Archive, Op::Snooze, Op::Archive] {
        let row = f.op(&f.ann, op, &id, SOON).await.unwrap().notification;
        assert_eq!(
            (row.snoozed_until.is_some(), row.held),
            (op == Op::Snooze, Some(Notification::FROZEN)),
            "{op:?}"
        );
        assert_eq!(f.count(&f.ann, SOON).await, 0);
    }
    f.op(&f.ann, Op::Unarchive, &id, SOON).await.unwrap();
    assert!(f.row(&id).await.unread.unwrap() < Notification::FROZEN);
    assert_eq!(f.count(&f.ann, SOON).await, 1);
}

#[tokio::test]
async fn marked_unread_while_away_it_counts_when_it_is_back() {
    let f = fixture().await;
    for away in [Op::Snooze, Op::Archive] {
        let id = f.put(T0).await;
        for op in [Op::Read, away, Op::Unread] {
            assert!(f.op(&f.ann, op, &id, SOON).await.unwrap().changed, "{away:?} {op:?}");
        }
        assert_eq!(f.count(&f.ann, SOON).await, 0);
        let back = if away == Op::Snooze { Op::Unsnooze } else { Op::Unarchive };
        f.op(&f.ann, back, &id, SOON).await.unwrap();
        assert_eq!(f.count(&f.ann, SOON).await, 1);
        f.inbox.delete(&f.ann, &id, SOON).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn it_outlives_its_snooze_and_past_retention_comes_back_archived() {
    let f = fixture().await;
    let id = f.put(T0).await;
    assert_eq!(purge_at(&f, &id).await, T0.plus_seconds(60 * DAY).seconds());
    let until = T0.plus_seconds(100 * DAY);
    f.inbox.snooze(&f.ann, &id, until, &ReadMarks::default(), T0).await.unwrap().unwrap();
    assert_eq!(purge_at(&f, &id).await, T0.plus_seconds(130 * DAY).seconds());
    assert_eq!(f.inbox.wake(&f.ann.tenant, &id, until, until).await.unwrap(), None, "no news");
    assert_eq!(f.row(&id).await.snoozed_until, None);
    assert_eq!(f.list(&f.ann, View::Archived, 5, until).await, std::slice::from_ref(&id));
    assert_eq!(f.count(&f.ann, until).await, 0);
    f.inbox
        .snooze(&f.ann, &id, until.plus_seconds(DAY), &ReadMarks::default(), until)
        .await
        .unwrap()
        .unwrap();
    f.op(&f.ann, Op::Unsnooze, &id, T0).await.unwrap();
    assert_eq!(
        purge_at(&f, &id).await,
        T0.plus_seconds(60 * DAY).seconds(),
        "kept no longer than it need be"
    );
}
