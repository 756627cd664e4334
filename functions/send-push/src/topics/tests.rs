//! With the fakes and a DynamoDB.

use std::collections::BTreeSet;

use carillon_domain::{GoneDevice, JsonText, Millis, RetrySchedule, TenantId, UserId};
use carillon_fakes::{Fault, Reply, Rule, Sink, fcm_error};
use carillon_queue::{DeliveryMessage, Later, Topics, Trace};
use carillon_store::Until;
use serde_json::{Value, json};

use super::Membership;
use crate::direct::queue::{Kept, queue};
use crate::pushing::{Pushing, device, scope};
use crate::test_support::later;

struct World {
    push: Pushing,
    retry: Later,
    kept: Kept,
    tenant: TenantId,
}

fn users(names: &[&str]) -> BTreeSet<UserId> {
    names.iter().map(|name| UserId::parse(name).unwrap()).collect()
}

fn settings(push: bool) -> JsonText {
    serde_json::from_value(json!(json!({"push": push}).to_string())).unwrap()
}

impl World {
    async fn new() -> Self {
        let (push, (retry, kept)) = (Pushing::new().await, queue().await);
        Self { push, retry, kept, tenant: TenantId::parse("acme").unwrap() }
    }

    async fn member(&self, topic: &str, names: &[&str], member: bool) {
        let (until, now) =
            (Until { at: Millis(i64::MAX), clock: carillon_runtime::now }, carillon_runtime::now());
        let set =
            self.push.recipients().set_topic(&self.tenant, topic, &users(names), member, until, now).await;
        assert!(set.unwrap());
    }

    async fn register(&self, user: &str, tokens: &[&str]) {
        let tokens: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
        self.push.registered(user, &tokens, carillon_runtime::now()).await;
    }

    async fn work(&self, message: Topics) {
        let recipients = self.push.recipients();
        let sender = &self.push.sender;
        let membership = Membership::new(&sender.fcm, &recipients, &self.retry, RetrySchedule::PUSH);
        membership.work(&message, later()).await.unwrap();
    }

    async fn told(&self, names: &[&str]) -> Vec<String> {
        self.work(Topics::of(&self.tenant, users(names), carillon_runtime::now()).remove(0)).await;
        self.came().await
    }

    /// What came to Instance ID since the last time, as `+topic token,token`.
    async fn came(&self) -> Vec<String> {
        let shown = |seen: &carillon_fakes::Seen| {
            let body = seen.json();
            let sign = if seen.path.ends_with("Add") { '+' } else { '-' };
            let topic = body["to"].as_str().unwrap().trim_start_matches("/topics/acme.").to_owned();
            let mut tokens: Vec<&str> = body["registration_tokens"]
                .as_array()
                .unwrap()
                .iter()
                .map(|token| token.as_str().unwrap())
                .collect();
            tokens.sort_unstable();
            format!("{sign}{topic} {}", tokens.join(","))
        };
        let mut came: Vec<String> = self.push.world.came(Sink::Iid).await.iter().map(shown).collect();
        came.sort();
        self.push.world.sinks.client().forget().await.unwrap();
        came
    }

    async fn again(&self) -> Vec<Topics> {
        let kept = std::mem::take(&mut *self.kept.lock().await);
        let read = |body: &Value| match serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap() {
            DeliveryMessage::Topics(topics) => *topics,
            other @ (DeliveryMessage::V1(_) | DeliveryMessage::Direct(_)) => panic!("{other:?}"),
        };
        kept.iter().map(read).collect()
    }
}

#[tokio::test]
async fn fcm_is_told_what_changed_and_nothing_twice() {
    let w = World::new().await;
    w.register("ann", &["a1", "a2"]).await;
    w.register("bob", &["b1"]).await;
    w.member("news", &["ann", "bob", "eve"], true).await;
    assert_eq!(w.told(&["ann", "bob", "eve"]).await, ["+news a1,a2,b1"]);
    assert!(w.told(&["ann", "bob"]).await.is_empty(), "it knows");
    w.member("sport", &["ann"], true).await;
    w.member("news", &["bob"], false).await;
    assert_eq!(w.told(&["ann", "bob"]).await, ["+sport a1,a2", "-news b1"]);
    w.register("ann", &["a3"]).await;
    assert_eq!(w.told(&["ann"]).await, ["+news a3", "+sport a3"]);
    assert!(w.again().await.is_empty());
}

#[tokio::test]
async fn membership_follows_consent() {
    let w = World::new().await;
    let now = carillon_runtime::now();
    w.register("ann", &["a1"]).await;
    w.member("news", &["ann"], true).await;
    w.member("marketing", &["ann"], true).await;
    assert_eq!(w.told(&["ann"]).await, ["+marketing a1", "+news a1"]);
    let recipients = w.push.recipients();
    let no_promotions = |mut preferences: carillon_domain::Preferences| {
        preferences.opt_in.insert("promotions".into(), false);
        Ok::<_, ()>(preferences)
    };
    recipients.update_preferences(&scope("ann"), now, no_promotions).await.unwrap().unwrap();
    assert_eq!(w.told(&["ann"]).await, ["-marketing a1"]);
    recipients.put_settings(&scope("ann"), &settings(false), now).await.unwrap();
    assert_eq!(w.told(&["ann"]).await, ["-news a1"]);
    recipients.put_settings(&scope("ann"), &settings(true), now).await.unwrap();
    assert_eq!(w.told(&["ann"]).await, ["+news a1"]);
}

#[tokio::test]
async fn a_token_that_moves_leaves_its_former_users_topics() {
    let w = World::new().await;
    w.register("ann", &["t"]).await;
    w.member("news", &["ann"], true).await;
    w.member("sport", &["ann", "bob"], true).await;
    assert_eq!(w.told(&["ann"]).await, ["+news t", "+sport t"]);
    w.register("bob", &["t"]).await;
    assert_eq!(w.told(&["ann", "bob"]).await, ["+sport t", "-news t"], "in doubt it is told again");
    assert!(w.told(&["ann", "bob"]).await.is_empty());

    // Bob gives it up; eve has it before FCM is told.
    let gone =
        w.push.recipients().give_up(&scope("bob"), carillon_store::DeviceRef::Identity("t")).await.unwrap();
    assert_eq!(gone, [GoneDevice { token: "t".into(), topics: ["sport".into()].into() }]);
    w.member("sport", &["eve"], true).await;
    w.register("eve", &["t"]).await;
    assert_eq!(w.told(&["eve"]).await, ["+sport t"]);
    let left = |gone| Topics {
        tenant: w.tenant.clone(),
        users: users(&["bob"]),
        gone,
        trace: Trace::starting(carillon_runtime::now()),
    };
    w.work(left(gone)).await;
    assert_eq!(w.came().await, ["+sport t"], "it is hers, and stays in");
    // Now it is nobody's.
    let gone =
        w.push.recipients().give_up(&scope("eve"), carillon_store::DeviceRef::Identity("t")).await.unwrap();
    w.work(left(gone)).await;
    assert_eq!(w.came().await, ["-sport t"]);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_who_is_gone_is_removed() {
    let w = World::new().await;
    w.register("ann", &["a1", "a2", "a3"]).await;
    w.register("bob", &["b1"]).await;
    w.member("news", &["ann", "bob"], true).await;
    let rule = || Rule::of(Sink::Iid).times(1);
    let results = json!({"results": [{}, {"error": "NOT_FOUND"}, {"error": "INTERNAL"}, {}]});
    w.push.world.order(rule().reply(Reply::new(200).body(results))).await;
    assert_eq!(w.told(&["ann", "bob"]).await, ["+news a1,a2,a3,b1"]);
    let (anns, mut again) = (w.push.tokens("ann").await, w.again().await);
    assert_eq!((anns.len() + w.push.tokens("bob").await.len(), again.len()), (3, 1));
    let retry = again.remove(0);
    assert_eq!((retry.users.len(), retry.trace.attempt), (1, 1));
    w.work(retry).await;
    assert_eq!((w.came().await.len(), w.again().await.len()), (1, 0));

    // The whole call.
    w.member("news", &["ann", "bob"], false).await;
    for order in [rule().reply(fcm_error("UNAVAILABLE")), rule().fault(Fault::Reset)] {
        w.push.world.order(order).await;
        w.told(&["ann", "bob"]).await;
        assert_eq!(w.again().await.remove(0).users.len(), 2);
    }
    assert_eq!(w.told(&["ann", "bob"]).await.len(), 1);
    assert!(w.told(&["ann", "bob"]).await.is_empty());
    // An access token that was revoked is replaced.
    w.member("news", &["bob"], true).await;
    w.push.world.sinks.client().revoke_tokens().await.unwrap();
    assert_eq!(w.told(&["bob"]).await.len(), 2);
    assert!(w.again().await.is_empty());
}

#[tokio::test]
async fn who_died_before_saying_so_is_made_good() {
    let w = World::new().await;
    let recipients = w.push.recipients();
    w.register("ann", &["t"]).await;
    w.member("news", &["ann"], true).await;
    let now = carillon_runtime::now();
    let hash = recipients.devices(&scope("ann"), now).await.unwrap().remove(0).0;
    let about = async |topic: &str| {
        let (ann, topics) = (scope("ann"), [topic.to_owned()].into());
        let told = carillon_store::Told::Joining;
        assert!(recipients.told_topics(&ann.tenant, &ann.user, &hash, &topics, told).await.unwrap());
    };
    about("news").await;
    about("sport").await;
    assert_eq!(w.told(&["ann"]).await, ["+news t", "-sport t"]);
    assert!(w.told(&["ann"]).await.is_empty());
    // Nobody is made by noting something about them.
    assert_eq!(device("t", now).address.identity(), "t");
    let (ann, topics) = (scope("ann"), ["x".to_owned()].into());
    let none =
        recipients.told_topics(&ann.tenant, &ann.user, "none", &topics, carillon_store::Told::In).await;
    assert!(!none.unwrap());
}
