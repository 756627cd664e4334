//! A push channel with a provider that does as it is told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use carillon_domain::{
    Address, Channel, Decision, Deliveries, Delivery, Device, Millis, Notification, NotificationId, Reason,
    RetrySchedule, Target, TenantId, Ulid, UserId, mint,
};
use carillon_queue::{Addressee, Deliver, DeliveryMessage, Trace};
use carillon_sender::{Engine, Failure, Outcome, Provider, Rows, Sending, work};
use carillon_store::{DeadLetter, Inbox, Ledger, Put, Row, Scope};
use carillon_testkit::{FaultProxy, LocalDynamo, sdk_config};
use serde_json::json;
use tokio::sync::Notify;

use crate::queue::FakeQueue;

pub(crate) const T0: Millis = Millis(1_893_456_000_000);
/// How long an invocation may take, in seconds.
pub(crate) const TIMEOUT: i64 = 30;

thread_local! {
    static NOW: Cell<Millis> = const { Cell::new(T0) };
}

/// The test's own time.
pub(crate) fn now() -> Millis {
    NOW.get()
}

pub(crate) fn set_now(at: Millis) {
    NOW.set(at);
}

pub(crate) struct World {
    pub(crate) dynamo: LocalDynamo,
    pub(crate) engine: Engine,
    pub(crate) queue: FakeQueue,
    pub(crate) tenant: TenantId,
}

/// Does as it is told, by what it is handed.
pub(crate) struct Told {
    answer: Box<dyn Fn(&Sending<'_>) -> Outcome>,
    /// Every device it was handed, in order.
    pub(crate) tried: RefCell<Vec<String>>,
    /// Once: sends, and never says so.
    pub(crate) hang: Cell<bool>,
    pub(crate) hung: Rc<Notify>,
}

impl Told {
    pub(crate) fn to(answer: impl Fn(&Sending<'_>) -> Outcome + 'static) -> Self {
        let (tried, hang, hung) = (RefCell::default(), Cell::default(), Rc::default());
        Self { answer: Box::new(answer), tried, hang, hung }
    }

    /// To reach everybody.
    pub(crate) fn send() -> Self {
        Self::to(|_| sent())
    }

    pub(crate) fn count(&self) -> usize {
        self.tried.borrow().len()
    }
}

impl Provider for Told {
    async fn send(&self, sending: &Sending<'_>) -> Outcome {
        self.tried.borrow_mut().extend(tokens(&sending.addressee.address));
        let outcome = (self.answer)(sending);
        if self.hang.take() {
            self.hung.notify_one();
            std::future::pending::<()>().await;
        }
        outcome
    }
}

pub(crate) fn sent() -> Outcome {
    Outcome::Sent { provider_id: Some("p1".into()), detail: None }
}

pub(crate) fn failure(detail: &str) -> Failure {
    Failure::new(Reason::Unavailable, detail)
}

/// Nobody was reached, and all may be later.
pub(crate) fn unavailable(sending: &Sending<'_>) -> Outcome {
    Outcome::Again { rest: sending.addressee.clone(), failure: failure("503"), provider_id: None }
}

pub(crate) fn tokens(address: &Address) -> Vec<String> {
    let Address::Devices(devices) = address else { return Vec::new() };
    devices.iter().map(|device| device.address.identity().to_owned()).collect()
}

pub(crate) fn devices(tokens: &[&str]) -> Address {
    let device = |token: &&str| -> Device {
        serde_json::from_value(json!({"token": token, "platform": "ios", "created_at": 0, "last_used_at": 0}))
            .unwrap()
    };
    Address::Devices(tokens.iter().map(device).collect())
}

pub(crate) fn addressee(user: &str, tokens: &[&str]) -> Addressee {
    let user = UserId::parse(user).unwrap();
    Addressee { user, account: None, address: devices(tokens), locale: None, reached: 0, refused: None }
}

pub(crate) async fn world() -> World {
    set_now(T0);
    let dynamo = LocalDynamo::start().await.unwrap();
    let queue = FakeQueue::start(now).await;
    let engine = Engine {
        inbox: Inbox::new(dynamo.client(), dynamo.table("Inbox")),
        ledger: Ledger::new(dynamo.client(), dynamo.table("Ledger")),
        retry: queue.later.clone(),
        schedule: RetrySchedule::PUSH,
        channel: Channel::Push,
        clock: now,
        rows: Rows::default(),
    };
    World { dynamo, engine, queue, tenant: TenantId::parse("acme").unwrap() }
}

pub(crate) fn body(message: &Deliver) -> String {
    serde_json::to_string(&DeliveryMessage::V1(Box::new(message.clone()))).unwrap()
}

pub(crate) fn event(bodies: &[String]) -> SqsEvent {
    let record =
        |(i, body): (usize, &String)| json!({"messageId": format!("m{i}"), "body": body, "attributes": {}});
    let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

impl World {
    /// A client that tries nothing again, with this between it and the tables.
    pub(crate) fn through(&self, proxy: &FaultProxy) -> Client {
        let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(proxy.endpoint()));
        Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
    }

    /// Stores one for each recipient, push pending, and answers with the job.
    pub(crate) async fn job(&self, recipients: Vec<Addressee>) -> Deliver {
        let content = json!({
            "type": "app_update", "category": "system", "priority": "normal", "title": "Hello",
            "expires_at": now().plus_seconds(86_400).0,
        });
        let ulid = mint(now());
        let message = Deliver {
            tenant: self.tenant.clone(),
            ulid,
            channel: Channel::Push,
            content: serde_json::from_value(content).unwrap(),
            recipients,
            trace: Trace::starting(now()),
        };
        for one in &message.recipients {
            let target =
                Target { user: one.user.clone(), account: None, org: None, email: None, phone: None };
            let push = Delivery::of(Channel::Push, Decision::Send, now());
            let deliveries = Deliveries::from([(Channel::Push, push)]);
            let mut row =
                Notification::new(ulid, &target, message.content.clone(), "shop".into(), deliveries);
            row.unread = Some(mint(now()));
            assert!(matches!(self.engine.inbox.put(&self.tenant, &row).await.unwrap(), Put::Stored));
        }
        message
    }

    /// An invocation with these messages; the records that failed.
    pub(crate) async fn work(&self, provider: &Told, messages: &[&Deliver]) -> Vec<String> {
        let bodies: Vec<String> = messages.iter().map(|message| body(message)).collect();
        failed(self.invoke(provider, &bodies).await)
    }

    pub(crate) async fn invoke(&self, provider: &Told, bodies: &[String]) -> SqsBatchResponse {
        work(&self.engine, provider, event(bodies), now().plus_seconds(TIMEOUT)).await
    }

    pub(crate) fn scope(&self, user: &str) -> Scope {
        Scope { tenant: self.tenant.clone(), user: UserId::parse(user).unwrap(), account: None }
    }

    pub(crate) async fn row(&self, ulid: Ulid, user: &str) -> Notification {
        let scope = self.scope(user);
        let id = NotificationId { ulid, user: scope.user.clone() };
        match self.engine.inbox.get(&scope, &id).await.unwrap() {
            Some(Row::Live(row)) => *row,
            other => unreachable!("{other:?}"),
        }
    }

    pub(crate) async fn push(&self, message: &Deliver, user: &str) -> Delivery {
        self.row(message.ulid, user).await.deliveries[&Channel::Push].clone()
    }

    pub(crate) async fn dead(&self, message: &Deliver, user: &str) -> Option<(DeadLetter, Deliver)> {
        let id = NotificationId { ulid: message.ulid, user: UserId::parse(user).unwrap() };
        let letter =
            self.engine.ledger.dead_letter(&self.tenant, &id, Channel::Push, now()).await.unwrap()?;
        let DeliveryMessage::V1(payload) = serde_json::from_str(&letter.payload).unwrap() else {
            unreachable!("another kind")
        };
        Some((letter, *payload))
    }
}

pub(crate) fn failed(response: SqsBatchResponse) -> Vec<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// Runs a test on one thread, where its clock is.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().block_on(&runtime(), test);
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
