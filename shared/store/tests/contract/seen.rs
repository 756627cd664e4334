use std::collections::BTreeMap;

use carillon_domain::{Channel, Decision, Delivery, DeliveryState, Notification, NotificationId};

use crate::states::Op;
use crate::support::{Fixture, T0, fixture, notification};

/// Whether it is shown as seen, and since when.
async fn seen(f: &Fixture, id: &NotificationId) -> Option<String> {
    f.row(id).await.view(&f.inbox.marks(&f.ann).await.unwrap()).seen_at
}

#[tokio::test]
async fn who_reads_clicks_or_opens_has_seen_it_and_the_first_time_counts() {
    let f = fixture().await;
    for op in [Op::Seen, Op::Read, Op::Clicked, Op::Opened] {
        let id = f.put(T0).await;
        assert_eq!(seen(&f, &id).await, None);
        let row = f.op(&f.ann, op, &id, T0.plus_seconds(1)).await.unwrap().notification;
        let first = Some(T0.plus_seconds(1));
        assert_eq!(row.seen_at, first, "{op:?}");
        assert_eq!((row.read_at.is_some(), row.clicked_at.is_some()), (op == Op::Read, op == Op::Clicked));
        for again in [Op::Seen, Op::Read, Op::Clicked, Op::Opened, Op::Unread] {
            let row = f.op(&f.ann, again, &id, T0.plus_seconds(2)).await.unwrap().notification;
            assert_eq!(row.seen_at, first, "{op:?} {again:?}");
        }
        assert_eq!(f.count(&f.ann, T0).await, 1, "it was marked unread again");
        f.inbox.delete(&f.ann, &id, T0).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn seen_all_is_one_read_and_one_write_and_reads_nothing() {
    let f = fixture().await;
    assert!(!f.inbox.seen_all(&f.ann, T0).await.unwrap());
    let rows: Vec<Notification> =
        (0..100).map(|i| notification("ann", None, T0.plus_millis(i), T0.plus_millis(i))).collect();
    futures::future::try_join_all(rows.iter().map(|row| f.inbox.put(&f.ann.tenant, row))).await.unwrap();
    let now = T0.plus_seconds(60);
    f.target.calls().reset();
    assert!(f.inbox.seen_all(&f.ann, now).await.unwrap());
    let calls = f.target.calls().by_operation();
    assert_eq!(calls, BTreeMap::from([("Query".into(), 1), ("UpdateItem".into(), 1)]));
    assert!(!f.inbox.seen_all(&f.ann, now.plus_seconds(1)).await.unwrap(), "nothing new");
    assert_eq!(f.count(&f.ann, now).await, 100);
    let late = f.put_as(&notification("ann", None, T0, now)).await;
    assert_eq!(seen(&f, &late).await, None, "stored later, however old its id");
    assert_eq!(seen(&f, &rows[99].id).await, Some(now.to_string()));
}

#[tokio::test]
async fn seen_all_of_one_account_leaves_the_others_and_marking_unread_keeps_it_seen() {
    let f = fixture().await;
    let work = f.put_as(&notification("ann", Some("work"), T0, T0)).await;
    let home = f.put_as(&notification("ann", Some("home"), T0, T0.plus_seconds(1))).await;
    let now = T0.plus_seconds(2);
    assert!(f.inbox.seen_all(&f.ann_at("work"), now).await.unwrap());
    assert_eq!((seen(&f, &work).await, seen(&f, &home).await), (Some(now.to_string()), None));
    assert!(f.inbox.read_all(&f.ann, now).await.unwrap());
    for id in [&work, &home] {
        assert!(f.op(&f.ann, Op::Unread, id, now).await.unwrap().changed);
        assert!(seen(&f, id).await.is_some(), "what was read was seen");
    }
    assert_eq!(f.count(&f.ann, now).await, 2);
}

#[tokio::test]
async fn only_the_furthest_mark_of_its_own_account_makes_marking_unread_a_change() {
    let f = fixture().await;
    let home = f.put_as(&notification("ann", Some("home"), T0, T0)).await;
    let work = f.put_as(&notification("ann", Some("work"), T0, T0.plus_seconds(1))).await;
    assert!(f.inbox.read_all(&f.ann_at("work"), T0).await.unwrap());
    let before = f.row(&home).await;
    let unchanged = f.op(&f.ann, Op::Unread, &home, T0).await.unwrap();
    assert_eq!((unchanged.changed, unchanged.notification), (false, before), "it was unread");
    assert!(f.op(&f.ann, Op::Unread, &work, T0).await.unwrap().changed);
    assert_eq!(f.count(&f.ann, T0).await, 2);
}

#[tokio::test]
async fn opening_moves_a_push_that_was_on_its_way_and_no_other() {
    let f = fixture().await;
    let (now, later) = (T0.plus_seconds(1), T0.plus_seconds(2));
    for state in DeliveryState::ALL.iter().copied() {
        let mut one = notification("ann", None, T0, T0);
        let push = Delivery { state, attempts: 1, ..Delivery::of(Channel::Push, Decision::Send, T0) };
        one.deliveries.insert(Channel::Push, push.clone());
        let id = f.put_as(&one).await;
        f.target.calls().reset();
        let change = f.op(&f.ann, Op::Opened, &id, now).await.unwrap();
        let calls = f.target.calls().count("UpdateItem");
        assert!(change.changed);
        assert_eq!((change.notification.opened_at, change.notification.read_at), (Some(now), None));
        let moves = matches!(state, DeliveryState::Sending | DeliveryState::Sent | DeliveryState::Delivered);
        let opened = Delivery { state: DeliveryState::Opened, at: now, ..push.clone() };
        let expected = if moves { (opened, 1) } else { (push, 2) };
        assert_eq!((change.notification.deliveries[&Channel::Push].clone(), calls), expected, "{state:?}");
        assert_eq!(change.notification.deliveries[&Channel::InApp], one.deliveries[&Channel::InApp]);
        assert!(!f.op(&f.ann, Op::Opened, &id, later).await.unwrap().changed, "{state:?}");
        assert_eq!(f.row(&id).await, change.notification);
    }
}
