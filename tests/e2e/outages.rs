//! DynamoDB or SQS does not answer: nothing is lost, nobody else is held up.

use anyhow::Result;
use carillon_testkit::{Fault, FaultProxy};
use carillon_tests::{Functions, PRODUCE, Queue, Tenant, answer, eventually, failed, http_event, sqs_event};
use serde_json::json;

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
async fn a_record_that_cannot_be_stored_fails_alone() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let posts =
        ["ann", "bob", "eve"].map(|user| json!({"type": "chat_message", "recipient": user, "title": user}));
    let captured = functions.capture(&posts).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dispatch = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    for attempt in 1..=3 {
        proxy.on_body("PutItem", &tenant.partition("bob"), attempt, Fault::Status(500));
    }
    let messages: Vec<&str> = captured.iter().map(|(_, message)| message.as_str()).collect();
    let reply = dispatch.invoke(sqs_event(&messages)).await?;
    assert_eq!(failed(&reply), ["m1"], "{reply}");
    for (user, count) in [("ann", 1), ("bob", 0), ("eve", 1)] {
        assert_eq!(tenant.user(user)?.inbox().await?.len(), count, "{user}");
    }
    assert!(failed(&dispatch.invoke(sqs_event(&messages)).await?).is_empty());
    for user in ["ann", "bob", "eve"] {
        assert_eq!(tenant.user(user)?.inbox().await?.len(), 1, "{user}");
    }
    Ok(())
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
