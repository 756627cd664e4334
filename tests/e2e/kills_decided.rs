//! Functions killed while they count, defer and fall forward: nothing is counted twice, nothing that waits is lost.

use anyhow::{Context as _, Result};
use carillon_testkit::{Fault, FaultProxy, FunctionError, Killer};
use carillon_tests::{Functions, Queue, Tenant, failed, ids, jobs_of, sqs_event};
use serde_json::{Value, json};

use crate::limits::{ann, counted};
use crate::quiet::asleep;
use crate::returns::held;

/// The message of a notification to Ann.
async fn captured(functions: &Functions<'_>, kind: &str) -> Result<(String, String)> {
    let body = json!({"type": kind, "recipient": "ann", "title": "survives"});
    let (answer, message) = functions.capture(&[body]).await?.pop().context("nothing captured")?;
    Ok((carillon_tests::text(&answer, "id")?.to_owned(), message))
}

/// Kills a function in the middle of this work, then has it done by another, whose push jobs are returned.
async fn dies(
    functions: &Functions<'_>,
    tenant: &Tenant,
    (function, message): (&str, &str),
    (operation, n): (&str, usize),
    fault: impl Fn(Killer) -> Fault,
) -> Result<Vec<Value>> {
    let push = Queue::create(&tenant.aws).await?;
    let function = || functions.function(function).env("QUEUE_PUSH_URL", push.url());
    let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
    let sockets = tenant.stack.ws_url.replacen("ws", "http", 1);
    let sockets = sockets.replacen(&tenant.stack.aws_endpoint_url, proxy.endpoint(), 1);
    let dying = function().env("AWS_ENDPOINT_URL", proxy.endpoint()).env("WEBSOCKET_ENDPOINT", sockets);
    let dying = dying.start().await?;
    proxy.on(operation, n, fault(dying.killer()));
    let died = dying.invoke(sqs_event(&[message])).await;
    assert!(matches!(died, Err(FunctionError::Exited(_))), "{died:?}");
    let again = function().start().await?;
    assert!(failed(&again.invoke(sqs_event(&[message])).await?).is_empty());
    push.drain().await
}

/// Kills dispatch while it decides on a promotion, of which two a day may interrupt.
async fn counts_once(operation: (&str, usize), fault: impl Fn(Killer) -> Fault) -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = ann(&tenant).await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = captured(&functions, "promotion_generic").await?;
    dies(&functions, &tenant, ("dispatch", &message), operation, fault).await?;
    assert_eq!(ids(&ann.inbox().await?)?, [id.as_str()]);
    assert_eq!(counted(&tenant, "ann").await?.len(), 1);
    // What the cap counts is still allowed to go out, and does.
    let jobs = tenant.jobs().wait("push", 1).await?;
    assert_eq!(jobs[0].id, id);
    tenant.producer()?.delivery(&id, "push", "sent").await?;
    Ok(())
}

#[tokio::test]
async fn dispatch_killed_before_it_counted() -> Result<()> {
    counts_once(("PutItem", 1), Fault::KillBefore).await
}

#[tokio::test]
async fn dispatch_killed_between_its_count_and_its_put() -> Result<()> {
    counts_once(("PutItem", 1), Fault::KillAfter).await
}

#[tokio::test]
async fn dispatch_killed_between_its_put_and_its_jobs() -> Result<()> {
    counts_once(("PutItem", 2), Fault::KillAfter).await
}

#[tokio::test]
async fn dispatch_killed_before_it_noted_why_not() -> Result<()> {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        let tenant = Tenant::fresh()?;
        let functions = Functions::of(&tenant, Vec::new()).await?;
        let (id, message) = captured(&functions, "system_maintenance").await?;
        dies(&functions, &tenant, ("dispatch", &message), ("PutItem", 1), fault).await?;
        tenant.producer()?.delivery(&id, "in_app", "skipped: not_opted_in").await?;
        assert!(tenant.rows("Inbox", "ann").await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn dispatch_killed_around_its_schedule_makes_one() -> Result<()> {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        let tenant = Tenant::fresh()?;
        let (ann, _) = asleep(&tenant, "ann").await?;
        let functions = Functions::of(&tenant, Vec::new()).await?;
        let (id, message) = captured(&functions, "chat_message").await?;
        dies(&functions, &tenant, ("dispatch", &message), ("POST /schedules/", 1), fault).await?;
        assert_eq!(ids(&ann.inbox().await?)?, [id.as_str()]);
        tenant.producer()?.delivery(&id, "push", "deferred: quiet_hours").await?;
        assert_eq!(tenant.schedules().await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn dispatch_killed_on_the_return_of_what_waited() -> Result<()> {
    for (operation, fault) in [
        ("UpdateItem", Fault::KillBefore as fn(Killer) -> Fault),
        ("UpdateItem", Fault::KillAfter),
        ("SendMessage", Fault::KillBefore),
    ] {
        let held = held().await?;
        held.wakes_up().await?;
        let functions = Functions::of(&held.tenant, Vec::new()).await?;
        let message = ("dispatch", held.schedule.input.as_str());
        let pushed = dies(&functions, &held.tenant, message, (operation, 1), fault).await?;
        assert_eq!(pushed.len(), 1, "{operation}: {pushed:?}");
        assert_eq!(jobs_of(&pushed[0])?[0].id, held.id);
        held.shop.delivery(&held.id, "push", "pending").await?;
    }
    Ok(())
}

#[tokio::test]
async fn send_realtime_killed_before_it_falls_forward() -> Result<()> {
    let tenant = Tenant::fresh()?;
    ann(&tenant).await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = captured(&functions, "chat_message").await?;
    let realtime = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", realtime.url()).start().await?;
    dispatch.invoke(sqs_event(&[&message])).await?;
    let job = realtime.receive().await?;
    for operation in ["Query", "SendMessage"] {
        let message = ("send-realtime", job.as_str());
        let pushed = dies(&functions, &tenant, message, (operation, 1), Fault::KillBefore).await?;
        assert_eq!(pushed.len(), 1, "{operation}: {pushed:?}");
        assert_eq!(jobs_of(&pushed[0])?[0].id, id);
    }
    Ok(())
}
