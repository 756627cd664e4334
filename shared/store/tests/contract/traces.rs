use carillon_domain::{
    Channel, Decision, Deliveries, Delivery, NotificationId, Priority, Reason, Unstored, mint,
};

use crate::support::{DAY, T0, fixture, tenant, user};

fn unstored(reason: Reason) -> Unstored {
    let skipped = |channel| (channel, Delivery::of(channel, Decision::Skip(reason), T0));
    Unstored {
        type_key: "message_sent".into(),
        producer: "shop".into(),
        priority: Priority::Low,
        account_id: None,
        created_at: T0,
        deliveries: Deliveries::from([skipped(Channel::InApp), skipped(Channel::Push)]),
    }
}

#[tokio::test]
async fn why_a_notification_was_not_stored_is_known_for_a_week_as_it_was_first_decided() {
    let f = fixture().await;
    let id = NotificationId { ulid: mint(T0), user: user("ann") };
    let trace = async |seconds| f.ledger.trace(&f.ann.tenant, &id, T0.plus_seconds(seconds)).await.unwrap();
    assert_eq!(trace(0).await, None);
    for reason in [Reason::NotOptedIn, Reason::TypeOptedOut] {
        let noted = unstored(reason);
        f.ledger.put_trace(&f.ann.tenant, &id.user, id.ulid, &noted, T0).await.unwrap();
    }
    assert_eq!(trace(7 * DAY - 1).await, Some(unstored(Reason::NotOptedIn)));
    assert_eq!(trace(7 * DAY).await, None, "TTL deletes late: an expired row counts as absent");
    let of_bob = NotificationId { user: user("bob"), ..id.clone() };
    assert_eq!(f.ledger.trace(&f.ann.tenant, &of_bob, T0).await.unwrap(), None);
    assert_eq!(f.ledger.trace(&tenant(), &id, T0).await.unwrap(), None);
}

#[tokio::test]
async fn a_users_rows_are_exported_page_by_page() {
    let f = fixture().await;
    let noted = unstored(Reason::NotOptedIn);
    let mut ulids: Vec<_> = (0..3).map(|_| mint(T0)).collect();
    ulids.sort_unstable();
    for ulid in &ulids {
        f.ledger.put_trace(&f.ann.tenant, &user("ann"), *ulid, &noted, T0).await.unwrap();
    }
    f.ledger.put_trace(&f.ann.tenant, &user("bob"), mint(T0), &noted, T0).await.unwrap();
    let page = f.ledger.export(&f.ann.tenant, &user("ann"), None).await.unwrap();
    assert_eq!(page.next, None);
    let keys: Vec<_> = page.rows.iter().map(|row| row.key.clone()).collect();
    assert_eq!(keys, ulids.iter().map(|ulid| format!("trace#{ulid}")).collect::<Vec<_>>());
    let first = page.rows.first().unwrap();
    assert_eq!(first.fields.get("type"), Some(&"message_sent".into()));
    assert!(!first.fields.contains_key("pk") && !first.fields.contains_key("purge_at"));
    let rest = f.ledger.export(&f.ann.tenant, &user("ann"), Some(&first.key)).await.unwrap();
    assert_eq!(rest.rows, page.rows.get(1..).unwrap());
}
