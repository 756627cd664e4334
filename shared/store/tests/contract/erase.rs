use carillon_domain::{Clock, ConnectionId, Deliveries, Millis, Priority, Unstored, UserId, mint};
use carillon_store::{Connection, Erased, RETENTION_DAYS, Until};

use crate::support::{DAY, Fixture, T0, fixture, notification, user};

/// The time does not pass.
const CLOCK: Clock = || T0;
const LONG: Until = Until { at: Millis(T0.0 + 1), clock: CLOCK };
const OVER: Until = Until { at: T0, clock: CLOCK };

async fn fill(f: &Fixture, name: &UserId, count: usize) {
    let puts = (0..count).map(async |_| f.put_as(&notification(name.as_str(), None, T0, T0)).await);
    futures::future::join_all(puts).await;
    let unstored = Unstored {
        type_key: "t".into(),
        producer: "p".into(),
        priority: Priority::Low,
        account_id: None,
        created_at: T0,
        deliveries: Deliveries::new(),
    };
    f.ledger.put_trace(&f.ann.tenant, name, mint(T0), &unstored, T0).await.unwrap();
    let id = ConnectionId::parse(&format!("{name}=")).unwrap();
    let connection = Connection {
        id,
        connected_at: T0,
        expires_at: T0,
        account: None,
        left_rooms: std::collections::BTreeSet::new(),
    };
    f.connections.put(&f.ann.tenant, name, &connection).await.unwrap();
}

#[tokio::test]
async fn an_erasure_leaves_nothing_of_the_user_and_everything_of_others() {
    let f = fixture().await;
    let (tenant, ann, bob) = (&f.ann.tenant, &f.ann.user, user("bob"));
    fill(&f, ann, 60).await;
    fill(&f, &bob, 3).await;
    let id = f.put(T0).await;
    f.inbox.delete(&f.ann, &id, T0).await.unwrap();
    f.inbox.read_all(&f.ann, T0).await.unwrap();

    let rows = |rows| Erased { rows, complete: true };
    assert_eq!(f.inbox.erase(tenant, ann, OVER).await.unwrap(), Erased { rows: 0, complete: false });
    assert_eq!(f.inbox.erase(tenant, ann, LONG).await.unwrap(), rows(62), "the tombstone and the marks too");
    assert_eq!(f.ledger.erase(tenant, ann, LONG).await.unwrap(), rows(1));
    assert_eq!(f.connections.erase(tenant, ann, LONG).await.unwrap(), rows(1));
    assert_eq!(f.inbox.erase(tenant, ann, LONG).await.unwrap(), rows(0), "it may be repeated");

    assert!(f.inbox.export(tenant, ann, None).await.unwrap().notifications.is_empty());
    assert_eq!(f.inbox.get(&f.ann, &id).await.unwrap(), None);
    assert!(f.ledger.export(tenant, ann, None).await.unwrap().rows.is_empty());
    assert!(f.connections.of_user(tenant, ann).await.unwrap().is_empty());
    assert_eq!(f.inbox.export(tenant, &bob, None).await.unwrap().notifications.len(), 3);
    assert_eq!(f.ledger.export(tenant, &bob, None).await.unwrap().rows.len(), 1);
    assert_eq!(f.connections.of_user(tenant, &bob).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_inbox_is_exported_whole_page_by_page() {
    let f = fixture().await;
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    let mut expected = Vec::new();
    for days in [RETENTION_DAYS + 10, 3, 1] {
        expected.push(f.put(T0.plus_seconds(-days * DAY)).await);
    }
    f.inbox.archive(&f.ann, &expected[1], T0).await.unwrap();
    let deleted = f.put(T0).await;
    f.inbox.delete(&f.ann, &deleted, T0).await.unwrap();
    f.inbox.read_all(&f.ann, T0).await.unwrap();
    // More than DynamoDB gives in one page.
    for _ in 0..3 {
        let mut big = notification("ann", None, T0, T0);
        big.content.body = "x".repeat(390_000);
        expected.push(f.put_as(&big).await);
    }
    expected.sort();
    let (mut all, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = f.inbox.export(tenant, ann, after).await.unwrap();
        pages += 1;
        all.extend(page.notifications.into_iter().map(|one| one.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, expected);
    assert!(pages > 1);
}
