//! With the fakes, a DynamoDB, and a queue that keeps what it is sent.

use std::cell::Cell;

use carillon_domain::{
    Channel, Delivery, DeliveryState, Millis, PushTarget, Reason, RetrySchedule, TenantId, Ulid, UserId, mint,
};
use carillon_fakes::{Rule, Sink, fcm_error};
use carillon_queue::{DeliveryMessage, Direct, DirectMessage, pack_direct};
use carillon_sender::{Engine, Rows};
use carillon_store::{Inbox, Ledger};
use serde_json::{Value, json};

use super::Directly;
use super::queue::{Kept, queue, queue_of};
use crate::pushing::Pushing;

const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// A sender of direct messages and its world.
struct World {
    push: Pushing,
    engine: Engine,
    kept: Kept,
    tenant: TenantId,
}

impl World {
    async fn new() -> Self {
        let push = Pushing::new().await;
        let (retry, kept) = queue().await;
        let engine = Engine {
            inbox: Inbox::new(push.dynamo.client(), push.dynamo.table("Inbox")),
            ledger: Ledger::new(push.dynamo.client(), push.dynamo.table("Ledger")),
            retry,
            schedule: RetrySchedule::PUSH,
            channel: Channel::Push,
            clock,
            rows: Rows::default(),
        };
        Self { push, engine, kept, tenant: TenantId::parse("acme").unwrap() }
    }

    /// Accepted as admin-api does it.
    async fn accepted(&self, targets: Vec<PushTarget>) -> Direct {
        let now = carillon_runtime::now();
        let content = json!({
            "type": "direct", "category": "system", "priority": "normal", "title": "T",
            "expires_at": now.plus_seconds(86_400),
        });
        let message = |target| DirectMessage {
            ulid: mint(now),
            target,
            content: serde_json::from_value(content.clone()).unwrap(),
            left: None,
            reached: 0,
            refused: None,
        };
        let messages: Vec<DirectMessage> = targets.into_iter().map(message).collect();
        let rows = messages.iter().map(|message| (message.ulid, &message.target));
        self.engine.ledger.put_direct(&self.tenant, rows, now).await.unwrap();
        pack_direct(&self.tenant, messages, 0, now).remove(0)
    }

    async fn work_by(&self, direct: &Direct, deadline: Millis) -> bool {
        let directly = Directly::new(&self.engine, &self.push.sender).unwrap();
        directly.work(direct, deadline).await.is_ok()
    }

    async fn work(&self, direct: &Direct) {
        assert!(self.work_by(direct, carillon_runtime::now().plus_seconds(30)).await);
    }

    async fn delivery(&self, ulid: Ulid) -> Delivery {
        let found = self.engine.ledger.direct(&self.tenant, ulid, carillon_runtime::now()).await;
        found.unwrap().unwrap().delivery
    }

    /// Takes what was sent to the queue: seconds of delay, and what it says.
    async fn queued(&self) -> Vec<(i64, Direct)> {
        let kept = std::mem::take(&mut *self.kept.lock().await);
        let read = |body: &Value| {
            let text = body["MessageBody"].as_str().unwrap();
            let DeliveryMessage::Direct(direct) = serde_json::from_str(text).unwrap() else { panic!() };
            (body["DelaySeconds"].as_i64().unwrap_or_default(), *direct)
        };
        kept.iter().map(read).collect()
    }

    async fn fcm(&self) -> Vec<Value> {
        self.push.world.came(Sink::Fcm).await.iter().map(|seen| seen.json()["message"].clone()).collect()
    }
}

thread_local! {
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// So many seconds after the time that it is.
fn clock() -> Millis {
    carillon_runtime::now().plus_seconds(AHEAD.get())
}

fn user(name: &str) -> PushTarget {
    PushTarget::User(UserId::parse(name).unwrap())
}

#[tokio::test]
async fn a_token_a_topic_and_a_user_get_theirs_once() {
    let w = World::new().await;
    w.push.registered("ann", &["a1".into(), "a2".into()], carillon_runtime::now()).await;
    let targets =
        vec![PushTarget::Token("phone".into()), PushTarget::Topic("a.b".into()), user("ann"), user("bob")];
    let direct = w.accepted(targets).await;
    w.work(&direct).await;
    let ids: Vec<Ulid> = direct.messages.iter().map(|message| message.ulid).collect();
    for ulid in ids.iter().take(3) {
        let done = w.delivery(*ulid).await;
        assert_eq!((done.state, done.attempts), (DeliveryState::Sent, 1));
        assert!(done.provider_id.unwrap().starts_with("projects/"));
    }
    let nowhere = w.delivery(ids[3]).await;
    assert_eq!((nowhere.state, nowhere.reason), (DeliveryState::Skipped, Some(Reason::NoAddress)));
    let sent = w.fcm().await;
    assert_eq!(sent.len(), 4);
    let of = |field: &str, value: &str| sent.iter().find(|message| message[field] == value).unwrap();
    assert_eq!(of("topic", "acme.a%2Eb")["notification"]["title"], "T");
    assert_eq!(of("token", "phone")["data"]["notification_id"], format!("psh_{}", ids[0]));
    // The queue delivers it again.
    w.work(&direct).await;
    assert_eq!((w.fcm().await.len(), w.queued().await.len()), (4, 0));
}

#[tokio::test]
async fn only_what_failed_is_tried_again_and_each_at_its_time() {
    let w = World::new().await;
    w.push.registered("ann", &["a1".into(), "a2".into()], carillon_runtime::now()).await;
    for token in ["a2", "phone"] {
        let rule = Rule::of(Sink::Fcm).containing(token).times(1);
        w.push.world.order(rule.reply(fcm_error("UNAVAILABLE"))).await;
    }
    let quota = Rule::of(Sink::Fcm).containing("news").times(1).reply(fcm_error("QUOTA_EXCEEDED"));
    w.push.world.order(quota.header("retry-after", "120")).await;
    let targets = vec![user("ann"), PushTarget::Token("phone".into()), PushTarget::Topic("news".into())];
    let direct = w.accepted(targets).await;
    w.work(&direct).await;
    let ids: Vec<Ulid> = direct.messages.iter().map(|message| message.ulid).collect();
    let again = w.queued().await;
    let mut ulids: Vec<Ulid> = Vec::new();
    for (delay, part) in &again {
        assert_eq!(part.trace.attempt, 1);
        for message in &part.messages {
            ulids.push(message.ulid);
            let slow = message.ulid == ids[2];
            assert_eq!((120..=144).contains(delay), slow, "{delay}");
            let waits = w.delivery(message.ulid).await;
            assert_eq!((waits.state, waits.attempts), (DeliveryState::Pending, 1));
            assert!(waits.until.is_some() && waits.detail.is_some());
        }
    }
    ulids.sort_unstable();
    assert_eq!(ulids.len(), 3);
    let anns = again.iter().flat_map(|(_, part)| &part.messages).find(|one| one.ulid == ids[0]).unwrap();
    let left: Vec<&str> = anns.left.iter().flatten().map(|device| device.address.identity()).collect();
    assert_eq!((left, anns.reached), (vec!["a2"], 1));
    AHEAD.set(200);
    for (_, part) in &again {
        w.work(part).await;
        w.work(&direct).await;
    }
    for ulid in ids {
        assert_eq!(w.delivery(ulid).await.state, DeliveryState::Sent);
    }
    let sent = w.fcm().await;
    let count = |token: &str| sent.iter().filter(|message| message["token"] == token).count();
    assert_eq!((count("a1"), count("a2"), count("phone"), sent.len()), (1, 2, 2, 7));
}

#[tokio::test]
async fn a_retry_goes_only_to_devices_that_are_still_theirs() {
    let w = World::new().await;
    let now = carillon_runtime::now();
    w.push.registered("ann", &["a1".into(), "a2".into()], now).await;
    w.push.world.order(Rule::of(Sink::Fcm).times(2).reply(fcm_error("UNAVAILABLE"))).await;
    let direct = w.accepted(vec![user("ann")]).await;
    w.work(&direct).await;
    // Bob logs in on one.
    w.push.registered("bob", &["a1".into()], now).await;
    w.push.world.sinks.client().forget().await.unwrap();
    AHEAD.set(200);
    w.work(&w.queued().await.remove(0).1).await;
    let sent = w.fcm().await;
    assert_eq!((sent.len(), &sent[0]["token"]), (1, &Value::from("a2")));
    assert_eq!(w.delivery(direct.messages[0].ulid).await.state, DeliveryState::Sent);
}

/// A queue that answers none before it has both.
#[tokio::test]
async fn what_comes_back_at_other_times_is_enqueued_at_once() {
    let mut w = World::new().await;
    (w.engine.retry, w.kept) = queue_of(2).await;
    for (token, wait) in [("phone", "100"), ("tablet", "200")] {
        let reply = fcm_error("UNAVAILABLE").header("retry-after", wait);
        w.push.world.order(Rule::of(Sink::Fcm).containing(token).reply(reply)).await;
    }
    let targets = ["phone", "tablet"].map(|token| PushTarget::Token(token.into()));
    let direct = w.accepted(targets.into()).await;
    tokio::time::timeout(DEADLINE, w.work(&direct)).await.unwrap();
    assert_eq!(w.queued().await.len(), 2);
}

#[tokio::test]
async fn what_is_refused_for_good_is_failed_and_buried() {
    let w = World::new().await;
    for token in ["phone", "news"] {
        w.push.world.order(Rule::of(Sink::Fcm).containing(token).reply(fcm_error("PERMISSION_DENIED"))).await;
    }
    w.push.world.order(Rule::of(Sink::Fcm).containing("gone").reply(fcm_error("UNREGISTERED"))).await;
    let targets = [
        PushTarget::Token("phone".into()),
        PushTarget::Topic("news".into()),
        PushTarget::Token("gone".into()),
    ];
    let direct = w.accepted(targets.into()).await;
    w.work(&direct).await;
    for message in &direct.messages[..2] {
        let failed = w.delivery(message.ulid).await;
        assert_eq!((failed.state, failed.reason), (DeliveryState::Failed, Some(Reason::Rejected)));
        assert_eq!(failed.detail.as_deref(), Some("PERMISSION_DENIED"));
    }
    let gone = w.delivery(direct.messages[2].ulid).await;
    assert_eq!((gone.state, gone.reason), (DeliveryState::Skipped, Some(Reason::NoAddress)));
    let query = w.push.dynamo.client().query().table_name(w.push.dynamo.table("Ledger"));
    let query = query.key_condition_expression("pk = :pk");
    let value = aws_sdk_dynamodb::types::AttributeValue::S("dead#acme#push".into());
    let letters = query.expression_attribute_values(":pk", value).send().await.unwrap().items.unwrap();
    let payloads: Vec<Value> =
        letters.iter().map(|row| serde_json::from_str(row["payload"].as_s().unwrap()).unwrap()).collect();
    assert_eq!(payloads.len(), 2);
    assert!(payloads.iter().all(|payload| payload["direct.v1"]["messages"].as_array().unwrap().len() == 1));
}

#[tokio::test]
async fn what_is_too_late_or_has_no_time_is_not_sent() {
    let w = World::new().await;
    let mut direct = w.accepted(vec![user("ann"), PushTarget::Token("phone".into())]).await;
    direct.messages[0].content.expires_at = Millis(0);
    assert!(w.work_by(&direct, carillon_runtime::now().plus_seconds(5)).await);
    let expired = w.delivery(direct.messages[0].ulid).await;
    assert_eq!((expired.state, expired.reason), (DeliveryState::Skipped, Some(Reason::Expired)));
    let waits = w.delivery(direct.messages[1].ulid).await;
    assert_eq!((waits.state, waits.attempts), (DeliveryState::Pending, 0), "no attempt");
    assert!(w.fcm().await.is_empty());
    let again = w.queued().await;
    assert_eq!(again.len(), 1);
    // The double of before is not for what was left behind.
    w.work(&direct).await;
    assert!(w.fcm().await.is_empty());
    AHEAD.set(10);
    w.work(&again[0].1).await;
    assert_eq!((w.fcm().await.len(), w.delivery(direct.messages[1].ulid).await.attempts), (1, 1));
}

#[tokio::test]
async fn a_claim_of_another_is_waited_for() {
    let w = World::new().await;
    let direct = w.accepted(vec![PushTarget::Token("phone".into())]).await;
    let (ulid, now) = (direct.messages[0].ulid, carillon_runtime::now());
    let turn = carillon_store::Turn { attempt: 0, enqueued_at: now };
    let until = now.plus_seconds(20);
    w.engine.ledger.claim_direct(&w.tenant, ulid, turn, until, now).await.unwrap();
    w.work(&direct).await;
    let again = w.queued().await;
    assert_eq!(again.len(), 1);
    assert!((15..=21).contains(&again[0].0), "{}", again[0].0);
    assert_eq!((&again[0].1.messages, again[0].1.trace.attempt), (&direct.messages, 0));
    assert!(w.fcm().await.is_empty());
}
