use std::collections::BTreeSet;

use carillon_domain::{ConnectionId, Room};
use carillon_store::Connection;

use crate::support::{T0, account, fixture, tenant, user};

fn connection(id: &str, seconds: i64) -> Connection {
    Connection {
        id: ConnectionId::parse(id).unwrap(),
        connected_at: T0.plus_seconds(seconds),
        expires_at: T0.plus_seconds(seconds + 3600),
        account: None,
        left_rooms: BTreeSet::new(),
    }
}

#[tokio::test]
async fn a_users_connections_come_oldest_first_and_nobody_elses() {
    let f = fixture().await;
    let (tenant_, ann) = (&f.ann.tenant, &f.ann.user);
    let limited = Connection { account: Some(account("work")), ..connection("c=", 1) };
    f.connections.put(tenant_, ann, &connection("b=", 2)).await.unwrap();
    f.connections.put(tenant_, ann, &limited).await.unwrap();
    f.connections.put(tenant_, &user("bob"), &connection("x=", 0)).await.unwrap();
    f.connections.put(&tenant(), ann, &connection("y=", 0)).await.unwrap();
    assert_eq!(f.connections.of_user(tenant_, ann).await.unwrap(), [limited, connection("b=", 2)]);
}

#[tokio::test]
async fn a_delete_removes_only_the_connection_it_names() {
    let f = fixture().await;
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    for id in ["a=", "b="] {
        f.connections.put(tenant, ann, &connection(id, 0)).await.unwrap();
    }
    let a = ConnectionId::parse("a=").unwrap();
    for _ in 0..2 {
        f.connections.delete(tenant, ann, &a).await.unwrap();
    }
    assert_eq!(f.connections.of_user(tenant, ann).await.unwrap(), [connection("b=", 0)]);
    assert!(!f.connections.exists(tenant, ann, &a).await.unwrap());
}

#[tokio::test]
async fn rooms_are_left_and_entered_one_by_one_and_repeating_it_changes_nothing() {
    let f = fixture().await;
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    let phone = connection("a=", 0);
    let laptop = Connection { account: Some(account("work")), ..connection("b=", 1) };
    for one in [&phone, &laptop] {
        f.connections.put(tenant, ann, one).await.unwrap();
    }
    let steps: [(Room, bool, &[Room]); 6] = [
        (Room::Notifications, true, &[]),
        (Room::Notifications, false, &[Room::Notifications]),
        (Room::Notifications, false, &[Room::Notifications]),
        (Room::Sync, false, &[Room::Notifications, Room::Sync]),
        (Room::Notifications, true, &[Room::Sync]),
        (Room::Sync, true, &[]),
    ];
    for (room, inside, left) in steps {
        f.connections.set_room(tenant, ann, &laptop, room, inside).await.unwrap();
        let now = Connection { left_rooms: left.iter().copied().collect(), ..laptop.clone() };
        assert_eq!(now.is_in(room), inside);
        assert_eq!(
            f.connections.of_user(tenant, ann).await.unwrap(),
            [phone.clone(), now],
            "{room:?} {inside}"
        );
    }
}

#[tokio::test]
async fn a_restored_row_keeps_its_rooms_and_a_missing_one_is_in_all() {
    let f = fixture().await;
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    let phone = connection("a=", 0);
    let quiet = Connection { left_rooms: BTreeSet::from([Room::Sync]), ..phone.clone() };
    // Leaving a room puts a missing row back, with all that a new one has.
    assert!(f.connections.set_room(tenant, ann, &phone, Room::Sync, false).await.unwrap());
    assert!(!f.connections.set_room(tenant, ann, &phone, Room::Sync, false).await.unwrap());
    assert_eq!(f.connections.of_user(tenant, ann).await.unwrap(), vec![quiet.clone()]);
    assert!(!f.connections.restore(tenant, ann, &phone).await.unwrap());
    assert_eq!(f.connections.of_user(tenant, ann).await.unwrap(), [quiet]);
    f.connections.delete(tenant, ann, &phone.id).await.unwrap();
    assert!(f.connections.restore(tenant, ann, &phone).await.unwrap());
    assert_eq!(f.connections.of_user(tenant, ann).await.unwrap(), [phone]);
}
