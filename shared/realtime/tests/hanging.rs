//! One connection hangs: what its neighbours get does not wait for it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use carillon_domain::{AccountId, ConnectionId, Millis, TenantId, UserId};
use carillon_realtime::{PostError, Posted, Poster};
use carillon_store::{Connection, Connections};
use carillon_testkit::{Fault, FaultProxy, LocalDynamo, dynamodb, sdk_config};

const NOW: Millis = Millis(1_893_456_000_000);
const DEADLINE: Duration = Duration::from_secs(30);

/// Ann's connections `a=`, `b=` and `c=`, and `w=`, which is limited to the account `work`. Posts to `a=` are never
/// answered, all others are taken, and the client itself gives up on none.
struct Fixture {
    dynamo: LocalDynamo,
    proxy: FaultProxy,
    poster: Poster,
    tenant: TenantId,
    ann: UserId,
}

async fn fixture(patience: Duration) -> Fixture {
    let dynamo = dynamodb().await.unwrap();
    let proxy = FaultProxy::start("http://127.0.0.1:9").await.unwrap();
    for _ in 0..20 {
        proxy.on("@connections/a", 1, Fault::Hang);
    }
    for _ in 0..20 {
        proxy.on("@connections/", 1, Fault::Status(200));
    }
    let connections = Connections::new(dynamo.client(), dynamo.table("Connections"));
    let (tenant, ann) = (TenantId::parse("acme").unwrap(), UserId::parse("ann").unwrap());
    for id in ["a=", "b=", "c=", "w="] {
        let connection = Connection {
            id: ConnectionId::parse(id).unwrap(),
            connected_at: NOW,
            expires_at: NOW.plus_seconds(3600),
            account: (id == "w=").then(|| account("work")),
            left_rooms: BTreeSet::new(),
        };
        connections.put(&tenant, &ann, &connection).await.unwrap();
    }
    let poster = Poster::new(Client::new(&sdk_config(proxy.endpoint())), connections).with_patience(patience);
    Fixture { dynamo, proxy, poster, tenant, ann }
}

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

impl Fixture {
    async fn tell(&self, accounts: &[AccountId]) -> Result<Posted, PostError> {
        let frames: Vec<_> =
            accounts.iter().map(|account| (Some(account), format!("about {account}"))).collect();
        self.poster.by_account(&self.tenant, &self.ann, &frames, None, NOW).await
    }

    /// What a connection was posted, in order.
    fn posted_to(&self, id: &str) -> Vec<String> {
        let path = format!("@connections/{id}");
        let posts = self.proxy.seen().into_iter().filter(|seen| seen.operation.contains(&path));
        posts.map(|seen| seen.body).collect()
    }
}

#[tokio::test]
async fn the_others_have_every_accounts_frame_while_one_still_hangs() {
    let f = fixture(Duration::MAX).await;
    let accounts = ["home", "play", "rest", "work"].map(account);
    f.dynamo.calls().reset();
    // `a=` hangs on its first; the two that see all accounts take four, `w=` one.
    let (told, all) = (f.tell(&accounts), f.proxy.wait_for("@connections/", 1 + 4 + 4 + 1, DEADLINE));
    tokio::select! {
        biased;
        posted = told => panic!("done although one hangs: {posted:?}"),
        all = all => all.unwrap(),
    }
    let every = ["about home", "about play", "about rest", "about work"];
    for (id, frames) in [("a", &every[..1]), ("b", &every), ("c", &every), ("w", &every[3..])] {
        assert_eq!(f.posted_to(id), frames, "{id}");
    }
    assert_eq!(f.dynamo.calls().by_operation().values().sum::<usize>(), 1, "who is connected, once");
}

#[tokio::test]
async fn patience_with_one_that_hangs_ends_and_says_who_it_was() {
    let f = fixture(Duration::ZERO).await;
    let posted = f.tell(&[account("home")]).await.unwrap();
    assert!(posted.failed.contains(&ConnectionId::parse("a=").unwrap()), "{posted:?}");
}

#[tokio::test]
async fn nothing_to_tell_costs_nothing() {
    let f = fixture(Duration::MAX).await;
    f.dynamo.calls().reset();
    assert_eq!(f.tell(&[]).await.unwrap(), Posted::default());
    assert!(f.dynamo.calls().by_operation().is_empty());
}
