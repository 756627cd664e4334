//! What each step costs, counted in AWS calls (their price is most of what a notification costs).
//!
//! A tenant's types are read once a minute: every function has done so before it is counted.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use carillon_testkit::{Bootstrap, FaultProxy, RuntimeApi, Seen};
use carillon_tests::{Functions, PRODUCE, Queue, Tenant, User, failed, http_event, now, sqs_event};
use serde_json::{Value, json};

pub(crate) type Calls = BTreeMap<String, usize>;

/// A function whose every AWS call goes through the proxy.
pub(crate) async fn counted(function: Bootstrap, tenant: &Tenant, proxy: &FaultProxy) -> Result<RuntimeApi> {
    let sockets = tenant.stack.ws_url.replacen("ws", "http", 1);
    let sockets = sockets.replacen(&tenant.stack.aws_endpoint_url, proxy.endpoint(), 1);
    function.env("AWS_ENDPOINT_URL", proxy.endpoint()).env("WEBSOCKET_ENDPOINT", sockets).start().await
}

/// Calls by operation since `from`; posts to connections are one operation.
pub(crate) fn calls(proxy: &FaultProxy, from: usize) -> Calls {
    let mut calls = BTreeMap::new();
    for Seen { operation, body, .. } in proxy.seen().into_iter().skip(from) {
        let paths = [
            ("@connections", "Post"),
            ("POST /schedules/", "CreateSchedule"),
            ("POST /v2/email/outbound-emails", "SendEmail"),
        ];
        let name = paths.iter().find(|(part, _)| operation.contains(part)).map(|(_, name)| *name);
        // SNS says it in a form.
        let name = name.or_else(|| body.split('&').find_map(|field| field.strip_prefix("Action=")));
        *calls.entry(name.map_or(operation, str::to_owned)).or_default() += 1;
    }
    calls
}

pub(crate) fn are(expected: &[(&str, usize)]) -> Calls {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// A job as if it were enqueued now: one that waited looks at its row first.
fn fresh(job: &str) -> Result<String> {
    let mut job: Value = serde_json::from_str(job)?;
    job["realtime.v1"]["trace"]["enqueued_at"] = json!(now().as_millisecond());
    Ok(job.to_string())
}

/// The way of a notification, through functions and queues of the test's own.
struct Way {
    proxy: FaultProxy,
    token: String,
    ingest: RuntimeApi,
    dispatch: RuntimeApi,
    send: RuntimeApi,
    queue: Queue,
    realtime: Queue,
}

impl Way {
    async fn of(tenant: &Tenant) -> Result<Self> {
        let functions = Functions::of(tenant, Vec::new()).await?;
        let (queue, realtime) = (Queue::create(&tenant.aws).await?, Queue::create(&tenant.aws).await?);
        let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
        let ingest = functions.function("ingest").env("QUEUE_DISPATCH_URL", queue.url());
        let ingest = counted(ingest, tenant, &proxy).await?;
        let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", realtime.url());
        let dispatch = counted(dispatch, tenant, &proxy).await?;
        let send = counted(functions.function("send-realtime"), tenant, &proxy).await?;
        let token = tenant.tokens.sign(&tenant.tokens.claims(&tenant.id, "shop", PRODUCE))?;
        let way = Self { proxy, token, ingest, dispatch, send, queue, realtime };
        let warm = json!({"type": "invoice_created", "recipient": "nobody", "title": "x"});
        let (_, message) = way.post(&[], &warm).await?;
        way.dispatch(&[&message.context("no message")?]).await?;
        way.realtime.receive().await?;
        Ok(way)
    }

    /// What ingest did, and what it queued, if it is not for later.
    async fn post(&self, headers: &[(&str, &str)], body: &Value) -> Result<(Calls, Option<String>)> {
        let from = self.proxy.seen().len();
        let event = http_event("POST", "/v1/notifications", &self.token, headers, &body.to_string());
        carillon_tests::answer(&self.ingest.invoke(event).await?)?.ok()?;
        let calls = calls(&self.proxy, from);
        let queued = calls.contains_key("SendMessage");
        Ok((calls, if queued { Some(self.queue.receive().await?) } else { None }))
    }

    /// What dispatch did, but for its look at the read marks after a put that took long: that counts the machine's load.
    async fn dispatch(&self, messages: &[&str]) -> Result<Calls> {
        let from = self.proxy.seen().len();
        let reply = self.dispatch.invoke(sqs_event(messages)).await?;
        assert!(failed(&reply).is_empty(), "{reply}");
        let mut all = calls(&self.proxy, from);
        all.remove("GetItem");
        Ok(all)
    }

    /// A post and its dispatch.
    async fn decide(&self, body: &Value) -> Result<Calls> {
        let (_, message) = self.post(&[], body).await?;
        self.dispatch(&[&message.context("no message")?]).await
    }

    /// What send-realtime did for the one job that waits.
    async fn send(&self) -> Result<Calls> {
        let job = fresh(&self.realtime.receive().await?)?;
        let from = self.proxy.seen().len();
        let reply = self.send.invoke(sqs_event(&[&job])).await?;
        assert!(failed(&reply).is_empty(), "{reply}");
        Ok(calls(&self.proxy, from))
    }
}

#[tokio::test]
async fn the_way_of_a_notification_makes_no_call_too_many() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let way = Way::of(&tenant).await?;
    let single = json!({"type": "chat_message", "recipient": "ann", "title": "x"});

    let (plain, first) = way.post(&[], &single).await?;
    assert_eq!(plain, are(&[("SendMessage", 1)]), "ingest");
    let (keyed, second) = way.post(&[("idempotency-key", "k")], &single).await?;
    assert_eq!(keyed, are(&[("PutItem", 1), ("SendMessage", 1)]), "ingest with an idempotency key");
    let users: Vec<String> = (0..100).map(|index| format!("user-{index}")).collect();
    let many = json!({"type": "chat_message", "recipients": users, "title": "x"});
    let (plain, hundred) = way.post(&[], &many).await?;
    assert_eq!(plain, are(&[("SendMessage", 1)]), "ingest of a hundred");
    let mut later = single.clone();
    later["scheduled_for"] = json!(now().checked_add(jiff::SignedDuration::from_hours(1))?.to_string());
    let (scheduled, _) = way.post(&[], &later).await?;
    assert_eq!(scheduled, are(&[("CreateSchedule", 1)]), "ingest for later");

    let [first, second, hundred] = [first, second, hundred].map(Option::unwrap_or_default);
    let two = way.dispatch(&[&first, &second]).await?;
    assert_eq!(two, are(&[("Query", 2), ("PutItem", 2), ("SendMessageBatch", 1)]), "dispatch of two");
    let mut devices = [ann.connect().await?, ann.connect().await?];
    assert_eq!(way.send().await?, are(&[("Query", 2), ("Post", 4)]), "who is connected, and a post to each");
    for device in &mut devices {
        device.expect("notification").await?;
        device.expect("notification").await?;
    }
    let all = way.dispatch(&[&hundred]).await?;
    assert_eq!(
        all,
        are(&[("Query", 100), ("PutItem", 100), ("SendMessageBatch", 1)]),
        "dispatch of a hundred"
    );
    Ok(())
}

/// Somebody with a phone whose push waits for whether a socket takes it.
async fn with_a_phone(tenant: &Tenant) -> Result<User> {
    let ann = tenant.user("ann")?;
    ann.register("phone").await?;
    Ok(ann)
}

#[tokio::test]
async fn every_decision_costs_what_it_must() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = with_a_phone(&tenant).await?;
    let way = Way::of(&tenant).await?;
    let post = |kind: &str| {
        let recipient = json!({"user_id": "ann", "email": "ann@example.com"});
        json!({"type": kind, "recipient": recipient, "title": "x"})
    };
    let plain = [("Query", 1), ("PutItem", 1)];
    let cases = [
        ("chat_message", 1, 1, "one queue: push waits for the sockets"),
        ("payment_received", 1, 2, "push beside them"),
        ("booking_confirmed", 1, 2, "email beside them"),
        ("promotion_generic", 2, 2, "a cap that counts"),
        ("sync_complete", 1, 0, "only the trace of what is not stored"),
    ];
    for (kind, puts, queues, why) in cases {
        let mut expected = vec![("Query", 1), ("PutItem", puts)];
        expected.extend((queues > 0).then_some(("SendMessageBatch", queues)));
        assert_eq!(way.decide(&post(kind)).await?, are(&expected), "{kind}: {why}");
    }
    way.realtime.drain().await?;

    let (_, quiet) = crate::quiet::window("UTC", 2)?;
    ann.prefer(&json!({"timezone": "UTC", "quiet_hours": quiet})).await?;
    let mut held = are(&plain);
    held.extend(are(&[("CreateSchedule", 1), ("SendMessageBatch", 1)]));
    assert_eq!(way.decide(&post("chat_message")).await?, held, "what waits");
    Ok(())
}

#[tokio::test]
async fn falling_forward_costs_one_message_or_one_write() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = with_a_phone(&tenant).await?;
    let way = Way::of(&tenant).await?;
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x"});
    way.decide(&body).await?;
    assert_eq!(way.send().await?, are(&[("Query", 1), ("SendMessageBatch", 1)]), "offline");
    let mut tab = ann.connect().await?;
    way.decide(&body).await?;
    assert_eq!(way.send().await?, are(&[("Query", 1), ("Post", 1), ("UpdateItem", 1)]), "online");
    tab.expect("notification").await?;
    Ok(())
}
