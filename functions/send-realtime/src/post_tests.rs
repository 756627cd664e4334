use std::collections::BTreeSet;
use std::time::Duration;

use carillon_domain::{Millis, TenantId, Ulid, UserId};
use carillon_queue::{Queue, Trace};
use carillon_realtime::Poster;
use carillon_runtime::{Aws, now};
use carillon_store::{Connection, Connections, Inbox};
use carillon_testkit::{Fault, FaultProxy, LocalDynamo, dynamodb, sdk_config};

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);

/// Posts go through the proxy, by a client that gives up on none; the queues are nowhere.
fn sender(dynamo: &LocalDynamo, proxy: &FaultProxy) -> Sender {
    let connections = Connections::new(dynamo.client(), dynamo.table("Connections"));
    let client = aws_sdk_apigatewaymanagement::Client::new(&sdk_config(proxy.endpoint()));
    let queue = || Queue::new(Aws::nowhere().unwrap().sqs(), String::new());
    Sender {
        inbox: Inbox::new(dynamo.client(), dynamo.table("Inbox")),
        poster: Poster::new(client, connections).with_patience(Duration::MAX),
        realtime: queue(),
        push: queue(),
        clock: now,
    }
}

fn group(tenant: &TenantId, users: &[UserId]) -> Group {
    let content = serde_json::json!({
        "type": "app_update", "category": "system", "priority": "normal", "title": "Hello", "data": "{}",
        "expires_at": 0,
    });
    let target =
        |user: &UserId| Target { user: user.clone(), account: None, org: None, email: None, phone: None };
    Group {
        tenant: tenant.clone(),
        ulid: Ulid::generate(),
        content: serde_json::from_value(content).unwrap(),
        wording: None,
        recipients: users.iter().map(target).collect(),
        only: Vec::new(),
        push: std::collections::BTreeMap::new(),
        repeated: false,
    }
}

/// More recipients than are worked on at a time, the first with two devices: everybody has it while one device hangs.
#[tokio::test]
async fn a_device_that_hangs_delays_nobody() {
    let dynamo = dynamodb().await.unwrap();
    let proxy = FaultProxy::start("http://127.0.0.1:9").await.unwrap();
    let sender = sender(&dynamo, &proxy);
    let tenant = TenantId::parse("acme").unwrap();
    let users: Vec<UserId> = (0..100).map(|i| UserId::parse(&format!("u{i}")).unwrap()).collect();
    let connect = async |user: &UserId, id: &str, at: Millis| {
        let connection = Connection {
            id: ConnectionId::parse(id).unwrap(),
            connected_at: at,
            expires_at: at.plus_seconds(3600),
            account: None,
            left_rooms: BTreeSet::new(),
        };
        sender.poster.connections().put(&tenant, user, &connection).await.unwrap();
    };
    proxy.on("@connections/hangs", 1, Fault::Hang);
    connect(&users[0], "hangs=", now()).await;
    for user in &users {
        proxy.on("@connections/", 1, Fault::Status(200));
        connect(user, &format!("of-{user}="), now()).await;
    }
    let message = Realtime { groups: vec![group(&tenant, &users)], trace: Trace::starting(now()) };
    tokio::select! {
        biased;
        done = all(&sender, message) => panic!("done although one hangs: {done:?}"),
        posted = proxy.wait_for("@connections/", 1 + users.len(), DEADLINE) => posted.unwrap(),
    }
    for user in &users {
        assert_eq!(proxy.count(&format!("@connections/of-{user}%3D")), 1, "{user}");
    }
}
