//! What each step costs, counted in AWS calls (their price is most of what a notification costs).

use std::collections::BTreeMap;

use anyhow::Result;
use carillon_testkit::{Bootstrap, FaultProxy, RuntimeApi, Seen};
use carillon_tests::{Functions, PRODUCE, Queue, Tenant, http_event, ids, now, sqs_event};
use serde_json::{Value, json};

/// A function whose every AWS call goes through the proxy.
async fn counted(function: Bootstrap, tenant: &Tenant, proxy: &FaultProxy) -> Result<RuntimeApi> {
    let sockets = tenant.stack.ws_url.replacen("ws", "http", 1);
    let sockets = sockets.replacen(&tenant.stack.aws_endpoint_url, proxy.endpoint(), 1);
    function.env("AWS_ENDPOINT_URL", proxy.endpoint()).env("WEBSOCKET_ENDPOINT", sockets).start().await
}

/// Calls by operation since `from`; posts to connections are one operation.
fn calls(proxy: &FaultProxy, from: usize) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for Seen { operation, .. } in proxy.seen().into_iter().skip(from) {
        let name = if operation.contains("@connections") { "Post".to_owned() } else { operation };
        *calls.entry(name).or_default() += 1;
    }
    calls
}

fn are(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// What dispatch did, but for its looks at the read marks after a put that took long: those count the machine's load.
fn puts(proxy: &FaultProxy, from: usize) -> BTreeMap<String, usize> {
    let mut all = calls(proxy, from);
    all.remove("GetItem");
    all
}

/// The same job, as if it were enqueued now: one that waited looks at its row first.
fn fresh(job: &str) -> Result<String> {
    let mut job: Value = serde_json::from_str(job)?;
    job["realtime.v1"]["trace"]["enqueued_at"] = json!(now().as_millisecond());
    Ok(job.to_string())
}

#[tokio::test]
async fn the_way_of_a_notification_makes_no_call_too_many() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (queue, realtime) = (Queue::create(&tenant.aws).await?, Queue::create(&tenant.aws).await?);
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let ingest = functions.function("ingest").env("QUEUE_DISPATCH_URL", queue.url());
    let ingest = counted(ingest, &tenant, &proxy).await?;
    let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", realtime.url());
    let dispatch = counted(dispatch, &tenant, &proxy).await?;
    let send = counted(functions.function("send-realtime"), &tenant, &proxy).await?;
    let token = tenant.tokens.sign(&tenant.tokens.claims(&tenant.id, "shop", PRODUCE))?;
    let post = async |headers: &[(&str, &str)], body: &Value| -> Result<(BTreeMap<String, usize>, String)> {
        let from = proxy.seen().len();
        ingest.invoke(http_event("POST", "/v1/notifications", &token, headers, &body.to_string())).await?;
        Ok((calls(&proxy, from), queue.receive().await?))
    };
    let single = json!({"type": "chat_message", "recipient": "ann", "title": "x"});

    let (plain, first) = post(&[], &single).await?;
    assert_eq!(plain, are(&[("SendMessage", 1)]), "ingest");
    let (keyed, second) = post(&[("idempotency-key", "k")], &single).await?;
    assert_eq!(keyed, are(&[("PutItem", 1), ("SendMessage", 1)]), "ingest with an idempotency key");

    let users: Vec<String> = (0..100).map(|index| format!("user-{index}")).collect();
    let many = json!({"type": "chat_message", "recipients": users, "title": "x"});
    let (plain, hundred) = post(&[], &many).await?;
    assert_eq!(plain, are(&[("SendMessage", 1)]), "ingest of a hundred");

    let from = proxy.seen().len();
    dispatch.invoke(sqs_event(&[&first, &second])).await?;
    assert_eq!(puts(&proxy, from), are(&[("PutItem", 2), ("SendMessageBatch", 1)]), "dispatch of two");
    let job = realtime.receive().await?;
    let from = proxy.seen().len();
    dispatch.invoke(sqs_event(&[&hundred])).await?;
    assert_eq!(
        puts(&proxy, from),
        are(&[("PutItem", 100), ("SendMessageBatch", 1)]),
        "dispatch of a hundred"
    );

    let mut devices = [ann.connect().await?, ann.connect().await?];
    let from = proxy.seen().len();
    send.invoke(sqs_event(&[&fresh(&job)?])).await?;
    let sent = calls(&proxy, from);
    assert_eq!(
        sent,
        are(&[("Query", 2), ("Post", 4)]),
        "each: who is connected, and a post to each connection"
    );
    for device in &mut devices {
        device.expect("notification").await?;
        device.expect("notification").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_inbox_makes_no_call_too_many() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let shop = tenant.producer()?;
    for index in 0..3 {
        shop.notify(&ann, &format!("number {index}")).await?;
    }
    let all = ids(&ann.inbox_of(3).await?)?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let inbox = counted(functions.function("inbox-api"), &tenant, &proxy).await?;
    let _device = ann.connect().await?;
    let cases = [
        ("GET", "/api/notifications".to_owned(), 2),
        ("GET", "/api/notifications/unread-count".to_owned(), 2),
        // One write; then who is connected, and one post.
        ("POST", ann.path(&all[0], "read"), 1 + 2),
        ("POST", "/api/notifications/read-all".to_owned(), 2 + 2),
    ];
    for (method, path, most) in cases {
        let from = proxy.seen().len();
        let reply = inbox.invoke(http_event(method, &path, &ann.token, &[], "")).await?;
        assert_eq!(carillon_tests::answer(&reply)?.status, 200, "{path}: {reply}");
        let calls = calls(&proxy, from);
        assert!(calls.values().sum::<usize>() <= most, "{method} {path}: {calls:?}");
    }
    Ok(())
}
