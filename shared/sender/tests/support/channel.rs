//! A channel with its tables and its queue, for the tests of functions that send: they take this file in by its path.

use std::cell::Cell;
use std::io::Write;
use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    Address, Channel, Decision, Deliveries, Delivery, Millis, Notification, NotificationId, RetrySchedule,
    Suppression, Target, TenantId, UserId, mint,
};
use carillon_queue::{Addressee, Deliver, DeliveryMessage, Later, Queue, Schedules, Trace};
use carillon_sender::{Engine, Lookup, Outcome, Provider, Rows, Sending, work};
use carillon_store::{DeadLetter, Inbox, Ledger, Put, Row, Scope, Suppressions};
use carillon_testkit::{FakeService, LocalDynamo, Reply, sdk_config};
use serde_json::{Value, json};
use tokio::sync::Mutex;

thread_local! {
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// So many seconds after the time that it is.
pub(crate) fn clock() -> Millis {
    carillon_runtime::now().plus_seconds(AHEAD.get())
}

/// Moves the test's time on.
pub(crate) fn later(seconds: i64) {
    AHEAD.set(AHEAD.get() + seconds);
}

/// A sender's tables and queue.
pub(crate) struct Desk {
    pub(crate) dynamo: LocalDynamo,
    pub(crate) engine: Engine,
    pub(crate) tenant: TenantId,
    queue: FakeService,
    taken: Cell<usize>,
}

impl Desk {
    pub(crate) async fn new(channel: Channel, schedule: RetrySchedule) -> Self {
        let dynamo = LocalDynamo::start().await.unwrap();
        let kept = json!({"MessageId": "m", "MD5OfMessageBody": "unchecked"}).to_string();
        let queue = FakeService::start(move |_| Reply::Says(200, kept.clone())).await.unwrap();
        let config = sdk_config(queue.url());
        let schedules = Schedules {
            client: aws_sdk_scheduler::Client::new(&config),
            group: String::from("g"),
            role_arn: String::from("arn:aws:iam::000000000000:role/r"),
            queue_arn: String::from("arn:aws:sqs:us-east-1:000000000000:q"),
            dead_letter_arn: String::from("arn:aws:sqs:us-east-1:000000000000:d"),
        };
        let url = format!("{}/000000000000/q", queue.url());
        let engine = Engine {
            inbox: Inbox::new(dynamo.client(), dynamo.table("Inbox")),
            ledger: Ledger::new(dynamo.client(), dynamo.table("Ledger")),
            retry: Later { queue: Queue::new(aws_sdk_sqs::Client::new(&config), url), schedules },
            schedule,
            channel,
            clock,
            rows: Rows::default(),
        };
        Self { dynamo, engine, tenant: TenantId::parse("acme").unwrap(), queue, taken: Cell::new(0) }
    }

    pub(crate) fn lookup(&self) -> Lookup {
        Lookup::by(self.dynamo.client(), self.dynamo.table("Catalog")).unwrap()
    }

    /// Puts a document of the catalog: `type#*`, `type#booking_confirmed`.
    pub(crate) async fn document(&self, sk: &str, document: &Value) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.dynamo.client().put_item().table_name(self.dynamo.table("Catalog"));
        let put = put.item("pk", text(self.tenant.as_str())).item("sk", text(sk));
        put.item("text", text(&document.to_string())).send().await.unwrap();
    }

    /// Suppresses an address.
    pub(crate) async fn suppress(&self, address: &str) {
        let body = json!({"address": address}).to_string();
        let suppression = Suppression::accept(body.as_bytes(), clock()).unwrap();
        let all = Suppressions::new(self.dynamo.client(), self.dynamo.table("Catalog"));
        all.put(&self.tenant, address, &suppression).await.unwrap();
    }

    /// Stores one for each recipient, pending on the channel, and answers with the job. `content` is what it says beside
    /// type and title.
    pub(crate) async fn job(&self, content: Value, recipients: Vec<Addressee>) -> Deliver {
        let mut whole = json!({
            "type": "booking_confirmed", "category": "transactional", "priority": "high", "title": "Table for two",
            "expires_at": clock().plus_seconds(86_400),
        });
        whole.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        let channel = self.engine.channel;
        let message = Deliver {
            tenant: self.tenant.clone(),
            ulid: mint(clock()),
            channel,
            content: serde_json::from_value(whole).unwrap(),
            recipients,
            trace: Trace::starting(clock()),
        };
        for one in &message.recipients {
            let target =
                Target { user: one.user.clone(), account: None, org: None, email: None, phone: None };
            let deliveries = Deliveries::from([(channel, Delivery::of(channel, Decision::Send, clock()))]);
            let row =
                Notification::new(message.ulid, &target, message.content.clone(), "p".into(), deliveries);
            assert!(matches!(self.engine.inbox.put(&self.tenant, &row).await.unwrap(), Put::Stored));
        }
        message
    }

    /// An invocation with these messages, none of which may fail.
    pub(crate) async fn work(&self, provider: &impl Provider, messages: &[&Deliver]) {
        let record = |(i, message): (usize, &&Deliver)| {
            let body = DeliveryMessage::V1(Box::new((*message).clone()));
            json!({"messageId": format!("m{i}"), "body": serde_json::to_string(&body).unwrap(), "attributes": {}})
        };
        let records: Vec<_> = messages.iter().enumerate().map(record).collect();
        let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
        let response = work(&self.engine, provider, event, clock().plus_seconds(30)).await;
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
    }

    /// Only the provider's part, for one recipient.
    pub(crate) async fn ask(
        &self,
        provider: &impl Provider,
        content: Value,
        addressee: Addressee,
        seconds: i64,
    ) -> Outcome {
        let message = self.job(content, vec![addressee]).await;
        let addressee = &message.recipients[0];
        let stored = &self.row(&message, addressee.user.as_str()).await;
        let (now, deadline) = (clock(), clock().plus_seconds(seconds));
        provider.send(&Sending { message: &message, addressee, stored, now, deadline }).await
    }

    async fn row(&self, message: &Deliver, user: &str) -> Notification {
        let user = UserId::parse(user).unwrap();
        let id = NotificationId { ulid: message.ulid, user: user.clone() };
        let scope = Scope { tenant: self.tenant.clone(), user, account: None };
        match self.engine.inbox.get(&scope, &id).await.unwrap() {
            Some(Row::Live(row)) => *row,
            other => unreachable!("{other:?}"),
        }
    }

    pub(crate) async fn delivery(&self, message: &Deliver, user: &str) -> Delivery {
        self.row(message, user).await.deliveries[&self.engine.channel].clone()
    }

    pub(crate) async fn dead(&self, message: &Deliver, user: &str) -> Option<DeadLetter> {
        let id = NotificationId { ulid: message.ulid, user: UserId::parse(user).unwrap() };
        self.engine.ledger.dead_letter(&self.tenant, &id, self.engine.channel, clock()).await.unwrap()
    }

    /// What was put on the queue since the last time: seconds of delay, and what it says.
    pub(crate) fn queued(&self) -> Vec<(i64, Deliver)> {
        let all = self.queue.asked();
        let new = all.iter().skip(self.taken.replace(all.len()));
        new.map(|asked| {
            let body = asked.json();
            let DeliveryMessage::V1(message) =
                serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap()
            else {
                unreachable!("another kind")
            };
            (body["DelaySeconds"].as_i64().unwrap_or_default(), *message)
        })
        .collect()
    }
}

/// A recipient.
pub(crate) fn addressee(user: &str, address: Address, locale: Option<&str>) -> Addressee {
    let (user, locale) = (UserId::parse(user).unwrap(), locale.map(str::to_owned));
    Addressee { user, account: None, address, locale, reached: 0, refused: None }
}

/// What this test's thread logs.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.try_lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Until it is dropped.
    ///
    /// With a second subscriber, which hears nothing: while there is one only, a line that another test's thread comes to
    /// first, where none listens, is switched off for all.
    pub(crate) fn capture(&self) -> (tracing::Dispatch, tracing::subscriber::DefaultGuard) {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().json().with_writer(move || log.clone());
        let second = tracing::Dispatch::new(tracing_subscriber::fmt().finish());
        (second, tracing::subscriber::set_default(lines.finish()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.try_lock().unwrap().clone()).unwrap()
    }
}
