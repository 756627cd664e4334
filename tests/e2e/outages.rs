//! DynamoDB or SQS does not answer: nothing is lost, nobody else is held up.

use std::time::Duration;

use anyhow::{Context as _, Result};
use carillon_testkit::{Fault, FaultProxy};
use carillon_tests::{
    DEADLINE, Functions, PRODUCE, Queue, Tenant, answer, eventually, failed, http_event, ids, sqs_event, text,
};
use serde_json::{Value, json};

#[tokio::test]
async fn an_unreachable_queue_gives_the_message_back() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "x").await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    // As often as the SDK tries.
    for attempt in 1..=3 {
        proxy.on("SendMessage", attempt, Fault::Status(500));
    }
    let reply = dispatch.invoke(sqs_event(&[&message])).await?;
    assert_eq!(failed(&reply), ["m0"], "{reply}");
    let mut device = ann.connect().await?;
    assert!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty());
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    assert_eq!(ann.inbox().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_stored_waits_as_a_message_and_holds_nobody_up() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let posts =
        ["ann", "bob", "eve"].map(|user| json!({"type": "chat_message", "recipient": user, "title": user}));
    let captured = functions.capture(&posts).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let again = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint());
    let dispatch = dispatch.env("QUEUE_DISPATCH_URL", again.url()).start().await?;
    for attempt in 1..=3 {
        proxy.on_body("PutItem", &tenant.partition("bob"), attempt, Fault::Status(500));
    }
    let messages: Vec<&str> = captured.iter().map(|(_, message)| message.as_str()).collect();
    // A longer outage must not use up the receives that lead to the dead-letter queue.
    let reply = dispatch.invoke(sqs_event(&messages)).await?;
    assert!(failed(&reply).is_empty(), "{reply}");
    for (user, count) in [("ann", 1), ("bob", 0), ("eve", 1)] {
        assert_eq!(tenant.user(user)?.inbox().await?.len(), count, "{user}");
    }
    assert!(failed(&dispatch.invoke(sqs_event(&[&again.receive().await?])).await?).is_empty());
    assert_eq!(tenant.user("bob")?.inbox().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_put_that_a_read_all_overtook_is_not_born_read() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (slow, message) = functions.capture_one("ann", "slow").await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    // Minted now, put after what follows.
    proxy.on("PutItem", 1, Fault::Delay(Duration::from_millis(1_500)));
    let batch = sqs_event(&[&message]);
    let overtake = async {
        proxy.wait_for("PutItem", 1, DEADLINE).await?;
        tenant.producer()?.notify(&ann, "quick").await?;
        ann.inbox_of(1).await?;
        ann.act("/api/notifications/read-all").await?.ok()
    };
    let (reply, overtaken) = tokio::join!(dispatch.invoke(batch), overtake);
    overtaken?;
    assert!(failed(&reply?).is_empty());
    assert_eq!(ids(ann.page("?unread_only=true").await?["data"].as_array().unwrap_or(&Vec::new()))?, [slow]);
    assert_eq!(ann.unread().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_lost_page_of_a_resync_is_an_error_not_an_end() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let shop = tenant.producer()?;
    for _ in 0..8 {
        let body =
            json!({"type": "chat_message", "recipient": "ann", "title": "x", "body": "x".repeat(20_000)});
        shop.create(&body).await?;
    }
    ann.inbox_of(8).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let (_, path) = tenant.stack.ws_url.split_once("/_aws").context("not a local URL")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let message = functions.function("ws-message");
    let message =
        message.env("WEBSOCKET_ENDPOINT", format!("{}/_aws{path}", proxy.endpoint())).start().await?;
    // A page of several, and the answer before an ack.
    for (id, action) in [(1, "resync"), (2, "ping")] {
        let posted = proxy.count("POST /");
        // As often as the SDK tries.
        for attempt in 1..=2 {
            proxy.on("POST /", attempt, Fault::Status(500));
        }
        let event = frame_event(&tenant, &json!({"action": action, "id": id}));
        let reply: Value = serde_json::from_str(text(&message.invoke(event).await?, "body")?)?;
        let lost = json!({"code": "unavailable", "detail": reply["data"]["detail"], "id": id});
        assert_eq!((&reply["event"], &reply["data"]), (&json!("error"), &lost), "{action}");
        assert_eq!(proxy.count("POST /") - posted, 2, "{action}: nothing after what was lost");
    }
    Ok(())
}

/// A frame as API Gateway hands it on.
pub(crate) fn frame_event(tenant: &Tenant, frame: &Value) -> Value {
    json!({
        "requestContext": {
            "routeKey": "$default", "eventType": "MESSAGE", "messageId": "m", "connectionId": "e2e=",
            "connectedAt": 1_741_806_238_000_i64, "requestTimeEpoch": 1_741_806_238_000_i64, "stage": "v1",
            "authorizer": {"tenant": tenant.id, "user": "ann", "exp": "4102444800"},
        },
        "body": frame.to_string(), "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn what_could_not_be_queued_is_not_accepted() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let queue = Queue::create(&tenant.aws).await?;
    let ingest = functions.function("ingest").env("AWS_ENDPOINT_URL", proxy.endpoint());
    let ingest = ingest.env("QUEUE_DISPATCH_URL", queue.url()).start().await?;
    for attempt in 1..=3 {
        proxy.on("SendMessage", attempt, Fault::Status(500));
    }
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x"}).to_string();
    let token = tenant.tokens.sign(&tenant.tokens.claims(&tenant.id, "shop", PRODUCE))?;
    let event = http_event("POST", "/v1/notifications", &token, &[], &body);
    let refused = answer(&ingest.invoke(event.clone()).await?)?;
    refused.problem(503, "unavailable")?;
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(answer(&ingest.invoke(event).await?)?.status, 202);
    eventually("one message", async || Ok((queue.drain().await?.len() == 1).then_some(()))).await
}

#[tokio::test]
async fn recipients_that_could_not_be_stored_are_sent_again_alone() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let body = json!({"type": "chat_message", "recipients": ["ann", "bob", "eve"], "title": "x"});
    let captured = functions.capture(&[body]).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let again = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint());
    let dispatch = dispatch.env("QUEUE_DISPATCH_URL", again.url()).start().await?;
    for attempt in 1..=3 {
        proxy.on_body("PutItem", &tenant.partition("bob"), attempt, Fault::Status(500));
    }
    let reply = dispatch.invoke(sqs_event(&[&captured[0].1])).await?;
    assert!(failed(&reply).is_empty(), "{reply}");
    for (user, count) in [("ann", 1), ("bob", 0), ("eve", 1)] {
        assert_eq!(tenant.user(user)?.inbox().await?.len(), count, "{user}");
    }
    let puts = proxy.count("PutItem");
    assert!(failed(&dispatch.invoke(sqs_event(&[&again.receive().await?])).await?).is_empty());
    assert_eq!(proxy.count("PutItem") - puts, 1, "only the one that failed");
    assert_eq!(tenant.user("bob")?.inbox().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn one_recipient_given_up_costs_the_others_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let body = json!({"type": "chat_message", "recipients": ["ann", "bob"], "title": "x"});
    let captured = functions.capture(&[body]).await?;
    let mut message: Value = serde_json::from_str(&captured[0].1)?;
    message["dispatch.v1"]["trace"]["attempt"] = json!(1_000);
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    for attempt in 1..=3 {
        proxy.on_body("PutItem", &tenant.partition("bob"), attempt, Fault::Status(500));
    }
    let reply = dispatch.invoke(sqs_event(&[&message.to_string()])).await?;
    assert_eq!(failed(&reply), ["m0"], "{reply}");
    assert_eq!(device.expect("notification").await?["title"], "x");
    Ok(())
}

#[tokio::test]
async fn an_unreachable_scheduler_gives_the_message_back() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, _) = crate::quiet::asleep(&tenant, "ann").await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "x").await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    for attempt in 1..=3 {
        proxy.on("POST /schedules/", attempt, Fault::Status(500));
    }
    let reply = dispatch.invoke(sqs_event(&[&message])).await?;
    assert_eq!(failed(&reply), ["m0"], "{reply}");
    assert!(tenant.schedules().await?.is_empty());
    assert!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty());
    tenant.producer()?.delivery(&id, "push", "deferred: quiet_hours").await?;
    assert_eq!((ann.inbox().await?.len(), tenant.schedules().await?.len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn what_could_not_be_scheduled_is_not_accepted() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let ingest = functions.function("ingest").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    for attempt in 1..=3 {
        proxy.on("POST /schedules/", attempt, Fault::Status(500));
    }
    let at = carillon_tests::now().checked_add(jiff::SignedDuration::from_hours(1))?.to_string();
    let body =
        json!({"type": "chat_message", "recipient": "ann", "title": "x", "scheduled_for": at}).to_string();
    let token = tenant.tokens.sign(&tenant.tokens.claims(&tenant.id, "shop", PRODUCE))?;
    let event = http_event("POST", "/v1/notifications", &token, &[("idempotency-key", "k")], &body);
    answer(&ingest.invoke(event.clone()).await?)?.problem(503, "unavailable")?;
    assert!(tenant.schedules().await?.is_empty());
    // The producer repeats it.
    let accepted = answer(&ingest.invoke(event).await?)?;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    assert_eq!(tenant.schedules().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn who_cannot_be_looked_up_is_decided_on_later() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let body = json!({"type": "chat_message", "recipients": ["ann", "bob"], "title": "x"});
    let captured = functions.capture(&[body]).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let again = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint());
    let dispatch = dispatch.env("QUEUE_DISPATCH_URL", again.url()).start().await?;
    // First the tenant's types, then what is known of one recipient.
    for (partition, left) in [(tenant.id.clone(), vec!["ann", "bob"]), (tenant.partition("bob"), vec!["bob"])]
    {
        for attempt in 1..=3 {
            proxy.on_body("Query", &format!("\"{partition}\""), attempt, Fault::Status(500));
        }
        let message = if left.len() == 2 { captured[0].1.clone() } else { again.receive().await? };
        let reply = dispatch.invoke(sqs_event(&[&message])).await?;
        assert!(failed(&reply).is_empty(), "{reply}");
        for user in ["ann", "bob"] {
            let stored = usize::from(!left.contains(&user));
            assert_eq!(tenant.user(user)?.inbox().await?.len(), stored, "{user}");
        }
    }
    assert!(failed(&dispatch.invoke(sqs_event(&[&again.receive().await?])).await?).is_empty());
    assert_eq!(tenant.user("bob")?.inbox().await?.len(), 1);
    assert_eq!(tenant.rows("Inbox", "ann").await?.len(), 1);
    Ok(())
}
