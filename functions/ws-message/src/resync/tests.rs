use std::time::Duration;

use carillon_domain::{
    AccountId, ConnectionId, Deliveries, Notification, NotificationId, SocketContext, Target, TenantId,
    UserId, mint,
};
use carillon_realtime::Poster;
use carillon_store::{Connections, Inbox, Put};
use carillon_testkit::{Fault, FaultProxy, LocalDynamo, dynamodb, sdk_config};

use super::*;

const MINUTE: i64 = 60;

struct Fixture {
    _dynamo: LocalDynamo,
    /// Takes every post.
    proxy: FaultProxy,
    app: App,
    ann: Caller,
    now: Millis,
}

/// What one answer brought.
struct Answer {
    pages: Vec<Value>,
    server_time: Millis,
}

async fn fixture(budget: Budget) -> Fixture {
    let dynamo = dynamodb().await.unwrap();
    let proxy = FaultProxy::start("http://127.0.0.1:9").await.unwrap();
    for _ in 0..200 {
        proxy.on("@connections/", 1, Fault::Status(200));
    }
    let connections = Connections::new(dynamo.client(), dynamo.table("Connections"));
    let client = aws_sdk_apigatewaymanagement::Client::new(&sdk_config(proxy.endpoint()));
    let app = App {
        inbox: Inbox::new(dynamo.client(), dynamo.table("Inbox")),
        poster: Poster::new(client, connections).with_patience(Duration::MAX),
        clock: carillon_runtime::now,
        budget,
    };
    let now = carillon_runtime::now();
    let context = SocketContext {
        tenant: TenantId::parse("acme").unwrap(),
        user: UserId::parse("ann").unwrap(),
        account: None,
        expires_at: now.plus_seconds(3600),
    };
    let ann = Caller { connection: ConnectionId::parse("a=").unwrap(), connected_at: now, context };
    Fixture { _dynamo: dynamo, proxy, app, ann, now }
}

impl Fixture {
    /// Stores one of 8 KB, created and stored so many seconds ago.
    async fn put(&self, created: i64, stored: i64) -> NotificationId {
        let context = &self.ann.context;
        let user = context.user.clone();
        let target = Target { user, account: None::<AccountId>, org: None, email: None, phone: None };
        let content = json!({
            "type": "app_update", "category": "system", "priority": "normal", "title": "Hello", "data": "{}",
            "body": "x".repeat(8_000), "expires_at": self.now.0,
        });
        let content = serde_json::from_value(content).unwrap();
        let ulid = mint(self.now.plus_seconds(-created));
        let mut one = Notification::new(ulid, &target, content, "shop".into(), Deliveries::new());
        one.unread = Some(mint(self.now.plus_seconds(-stored)));
        assert!(matches!(self.app.inbox.put(&context.tenant, &one).await.unwrap(), Put::Stored));
        one.id
    }

    /// So many, one in so many seconds; oldest first.
    async fn fill(&self, count: i64, each: i64) -> Vec<String> {
        let mut ids = Vec::new();
        for i in (1..=count).rev() {
            ids.push(self.put(i * each, i * each).await.to_string());
        }
        ids
    }

    async fn answer(&self, wanted: Wanted) -> Answer {
        let from = self.proxy.seen().len();
        let (last, ack) =
            resync(&self.app, &self.ann, wanted, self.now).await.unwrap_or_else(|error| panic!("{error}"));
        let posted = self.proxy.seen().split_off(from).into_iter().map(|seen| seen.body);
        let frames: Vec<String> = posted.chain(last).collect();
        assert!(frames.iter().all(|frame| frame.len() <= 100 * 1024));
        let pages: Vec<Value> =
            frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()["data"].take()).collect();
        let (last, before) = pages.split_last().unwrap();
        assert!(before.iter().all(|page| page["has_more"] == true && page.get("next").is_none()));
        assert_eq!(last["has_more"] == true, last.get("next").is_some());
        assert_eq!(last["server_time"], ack["server_time"]);
        let server_time = Millis::parse(last["server_time"].as_str().unwrap()).unwrap();
        Answer { pages, server_time }
    }
}

impl Answer {
    fn ids(&self) -> impl Iterator<Item = String> {
        let all = self.pages.iter().flat_map(|page| page["notifications"].as_array().unwrap());
        all.map(|one| one["id"].as_str().unwrap().to_owned())
    }

    fn next(&self) -> Option<Wanted> {
        let next = self.pages.last().unwrap()["next"].as_str()?;
        Some(Wanted::parse(next).unwrap())
    }
}

fn since(since: Option<Millis>) -> Wanted {
    Wanted { since, position: None }
}

#[tokio::test]
async fn a_large_inbox_comes_whole_in_several_answers() {
    for (pages, seconds, least) in [(4, 3600, 3), (30, 0, 10)] {
        let f = fixture(Budget { pages, seconds }).await;
        let all = f.fill(150, 1).await;
        let (mut ids, mut answers, mut wanted) = (Vec::new(), 0, Some(since(None)));
        while let Some(asked) = wanted {
            let answer = f.answer(asked).await;
            assert!(answer.pages.len() <= pages);
            ids.extend(answer.ids());
            answers += 1;
            wanted = answer.next();
            // Until then, what a client resyncs from must lie before what is still to come.
            assert_eq!(answer.server_time == f.now, wanted.is_none());
        }
        assert_eq!(ids, all, "oldest first, each once");
        assert!(answers >= least, "{answers}");
    }
}

#[tokio::test]
async fn late_arrivals_are_cut_and_go_on_like_all_others() {
    let f = fixture(Budget { pages: 2, seconds: 3600 }).await;
    let last_sync = f.now.plus_seconds(-30 * MINUTE);
    f.put(90 * MINUTE, 90 * MINUTE).await;
    let mut all = Vec::new();
    for i in 0..40 {
        all.push(f.put(80 * MINUTE - i, 5 * MINUTE + i).await.to_string());
    }
    all.extend(f.fill(20, MINUTE).await);
    let (mut ids, mut wanted) = (Vec::new(), Some(since(Some(last_sync))));
    while let Some(asked) = wanted {
        let answer = f.answer(asked).await;
        assert!(answer.server_time >= last_sync, "never behind where it began");
        ids.extend(answer.ids());
        wanted = answer.next();
        if ids.len() < 40 {
            // Its place has been passed: the next resync, from when this one began, is what brings it.
            let late = f.put(85 * MINUTE, 0).await.to_string();
            assert!(f.answer(since(Some(f.now))).await.ids().any(|id| id == late));
        }
    }
    assert_eq!(ids, all);
}

#[tokio::test]
async fn who_resyncs_from_the_time_of_any_page_ends_with_all_too() {
    let f = fixture(Budget { pages: 4, seconds: 3600 }).await;
    let all = f.fill(150, 10 * MINUTE).await;
    let mut have = std::collections::BTreeSet::new();
    let mut last_sync = None;
    while last_sync < Some(f.now) {
        let answer = f.answer(since(last_sync)).await;
        have.extend(answer.ids());
        assert!(Some(answer.server_time) > last_sync, "it goes on");
        last_sync = Some(answer.server_time);
    }
    assert_eq!(have.into_iter().collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn nothing_missed_is_one_empty_page() {
    let f = fixture(Budget::default()).await;
    let page = json!({
        "notifications": [], "unread_count": 0, "server_time": f.now.to_string(), "has_more": false,
    });
    assert_eq!(f.answer(since(None)).await.pages, [page]);
}
