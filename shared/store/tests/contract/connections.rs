use carillon_domain::ConnectionId;
use carillon_store::Connection;

use crate::support::{T0, account, fixture, tenant, user};

fn connection(id: &str, seconds: i64) -> Connection {
    Connection {
        id: ConnectionId::parse(id).unwrap(),
        connected_at: T0.plus_seconds(seconds),
        expires_at: T0.plus_seconds(seconds + 3600),
        account: None,
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
