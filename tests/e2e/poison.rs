//! Messages that no code can read, among good ones.

use anyhow::{Context as _, Result};
use carillon_tests::{Functions, Queue, Tenant, failed, sqs_event};
use serde_json::{Value, json};

#[tokio::test]
async fn poison_in_a_batch_harms_no_neighbour() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let posts = ["ann", "bob"].map(|user| json!({"type": "chat_message", "recipient": user, "title": user}));
    let captured = functions.capture(&posts).await?;
    let [ann, bob] = [&captured[0].1, &captured[1].1];
    let cut = &ann[..ann.len() / 2];
    let dispatch = functions.function("dispatch").start().await?;
    let batch = ["e2e-poison", ann, r#"{"version": 999, "kind": "nonsense"}"#, cut, bob, ""];
    let reply = dispatch.invoke(sqs_event(&batch)).await?;
    assert_eq!(failed(&reply), ["m0", "m2", "m3", "m5"], "{reply}");
    for user in ["ann", "bob"] {
        assert_eq!(tenant.user(user)?.inbox().await?.len(), 1, "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn poison_among_realtime_jobs_harms_no_neighbour() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let (id, message) = functions.capture_one("ann", "x").await?;
    let jobs = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", jobs.url()).start().await?;
    dispatch.invoke(sqs_event(&[&message])).await?;
    let job = jobs.receive().await?;
    let mut device = ann.connect().await?;
    let send = functions.function("send-realtime").start().await?;
    let batch = ["e2e-poison", &job[..job.len() / 2], &job, r#"{"version": 999, "kind": "nonsense"}"#];
    let reply = send.invoke(sqs_event(&batch)).await?;
    assert_eq!(failed(&reply), ["m0", "m1", "m3"], "{reply}");
    assert_eq!(device.expect("notification").await?["id"], json!(id));
    Ok(())
}

#[tokio::test]
async fn poison_in_the_deployed_queue_harms_no_neighbour() -> Result<()> {
    use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let posts: Vec<Value> = (0..4)
        .map(|index| json!({"type": "chat_message", "recipient": "ann", "title": format!("number {index}")}))
        .collect();
    let captured = functions.capture(&posts).await?;
    let mut bodies: Vec<&str> = captured.iter().map(|(_, message)| message.as_str()).collect();
    bodies.insert(2, crate::z_queues::POISON);
    let entries = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| Ok(Entry::builder().id(format!("e{index}")).message_body(*body).build()?));
    let entries = entries.collect::<Result<Vec<_>>>()?;
    let mut device = ann.connect().await?;
    let queue = tenant.stack.queues.get("dispatch").context("no dispatch queue")?;
    tenant.aws.sqs.send_message_batch().queue_url(queue).set_entries(Some(entries)).send().await?;
    for _ in 0..4 {
        device.expect("notification").await?;
    }
    ann.inbox_of(4).await?;
    Ok(())
}
