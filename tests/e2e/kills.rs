//! Functions killed at exact points of their work. The way on is redelivery, or the producer's repeat.

use anyhow::{Context as _, Result};
use carillon_testkit::{Fault, FaultProxy, FunctionError, Killer};
use carillon_tests::{Functions, PRODUCE, Queue, Tenant, failed, http_event, ids, sqs_event};
use serde_json::json;

/// Kills dispatch as the proxy is told, then has the message redelivered to another.
async fn dispatch_dies(operation: &str, fault: impl Fn(Killer) -> Fault) -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut device = ann.connect().await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "survives").await?;

    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dies = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    proxy.on(operation, 1, fault(dies.killer()));
    let died = dies.invoke(sqs_event(&[&message])).await;
    assert!(matches!(died, Err(FunctionError::Exited(_))), "{died:?}");

    let again = functions.function("dispatch").start().await?;
    assert!(failed(&again.invoke(sqs_event(&[&message])).await?).is_empty());
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    assert_eq!((ids(&ann.inbox().await?)?, ann.unread().await?), (vec![id], 1));
    Ok(())
}

#[tokio::test]
async fn dispatch_killed_before_its_put_loses_nothing() -> Result<()> {
    dispatch_dies("PutItem", Fault::KillBefore).await
}

#[tokio::test]
async fn dispatch_killed_between_put_and_enqueue_stores_once_and_delivers() -> Result<()> {
    dispatch_dies("PutItem", Fault::KillAfter).await
}

#[tokio::test]
async fn dispatch_killed_at_its_enqueue_stores_once_and_delivers() -> Result<()> {
    dispatch_dies("SendMessage", Fault::KillBefore).await
}

#[tokio::test]
async fn dispatch_killed_after_its_enqueue_stores_once_and_delivers() -> Result<()> {
    dispatch_dies("SendMessage", Fault::KillAfter).await
}

/// Kills ingest as the proxy is told, then the producer repeats its post.
async fn ingest_dies(operation: &str, fault: impl Fn(Killer) -> Fault) -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dies = functions.function("ingest").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    proxy.on(operation, 1, fault(dies.killer()));
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "survives"});
    let token = tenant.tokens.sign(&tenant.tokens.claims(&tenant.id, "shop", PRODUCE))?;
    let event =
        http_event("POST", "/v1/notifications", &token, &[("idempotency-key", "k")], &body.to_string());
    let died = dies.invoke(event).await;
    assert!(matches!(died, Err(FunctionError::Exited(_))), "{died:?}");

    // A client's JSON library may write the same body again, but it is the same library.
    let first = shop.post_once("k", &body).await?;
    assert_eq!(first.status, 202, "{}", first.body);
    assert_eq!(shop.post_once("k", &body).await?.body, first.body);
    shop.notify(&ann, "fence").await?;
    let inbox = ann.inbox_of(2).await?;
    assert!(ids(&inbox)?.iter().any(|id| first.body["id"] == json!(id)));
    Ok(())
}

#[tokio::test]
async fn ingest_killed_before_noting_the_key_loses_nothing() -> Result<()> {
    ingest_dies("PutItem", Fault::KillBefore).await
}

#[tokio::test]
async fn ingest_killed_between_noting_the_key_and_queueing_loses_nothing() -> Result<()> {
    ingest_dies("PutItem", Fault::KillAfter).await
}

#[tokio::test]
async fn ingest_killed_at_queueing_loses_nothing() -> Result<()> {
    ingest_dies("SendMessage", Fault::KillBefore).await
}

#[tokio::test]
async fn ingest_killed_after_queueing_makes_no_double() -> Result<()> {
    ingest_dies("SendMessage", Fault::KillAfter).await
}

#[tokio::test]
async fn dispatch_killed_in_the_middle_of_a_hundred_stores_each_once() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let users: Vec<String> = (0..100).map(|index| format!("user-{index}")).collect();
    let body = json!({"type": "chat_message", "recipients": users, "title": "x"});
    let (_, message) = functions.capture(&[body]).await?.pop().context("nothing captured")?;

    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dies = functions.function("dispatch").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    proxy.on("PutItem", 50, Fault::KillAfter(dies.killer()));
    let died = dies.invoke(sqs_event(&[&message])).await;
    assert!(matches!(died, Err(FunctionError::Exited(_))), "{died:?}");

    let again = functions.function("dispatch").start().await?;
    assert!(failed(&again.invoke(sqs_event(&[&message])).await?).is_empty());
    for user in &users {
        assert_eq!(tenant.rows("Inbox", user).await?.len(), 1, "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn send_realtime_killed_before_its_post_posts_when_redelivered() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "survives").await?;
    let jobs = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", jobs.url()).start().await?;
    dispatch.invoke(sqs_event(&[&message])).await?;
    let job = jobs.receive().await?;
    let mut device = ann.connect().await?;

    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let dies = functions.function("send-realtime").env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    proxy.on("Query", 1, Fault::KillAfter(dies.killer()));
    assert!(matches!(dies.invoke(sqs_event(&[&job])).await, Err(FunctionError::Exited(_))));
    assert!(device.all("notification").await?.is_empty());

    let again = functions.function("send-realtime").start().await?;
    assert!(failed(&again.invoke(sqs_event(&[&job])).await?).is_empty());
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    Ok(())
}
