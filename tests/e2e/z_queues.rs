//! Named so that it starts last: when everything has been done, nothing is left over.

use anyhow::{Context as _, Result};
use carillon_tests::{Tenant, eventually};

/// A test puts one of these into the deployed dispatch queue, where it must stay a while before it is a dead letter.
pub(crate) const POISON: &str = "e2e-poison: not a message";

/// That of this run, and of one just before it.
const MOST_POISON: u64 = 2;

/// What failed is in flight until its visibility timeout ends, so a hidden failure shows here.
#[tokio::test]
async fn the_queues_are_empty_at_the_end() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let queue = |name: &str| tenant.stack.queues.get(name).with_context(|| format!("no queue {name}"));
    let others = ["realtime", "push", "email", "sms", "feedback"];
    for (name, poison) in [("dispatch", MOST_POISON)].into_iter().chain(others.map(|name| (name, 0))) {
        let url = queue(name)?;
        let mut depth = (0, 0);
        let empty = eventually("an empty queue", async || {
            depth = tenant.aws.depth(url).await?;
            Ok((depth.0 == 0 && depth.1 <= poison).then_some(()))
        })
        .await;
        empty.with_context(|| format!("{name} has (waiting, in flight) {depth:?}"))?;
    }
    for name in ["dispatch"].into_iter().chain(others) {
        let dead = dead_letters(&tenant, queue(&format!("{name}-dlq"))?).await?;
        assert!(dead.iter().all(|body| body == POISON), "{name}: {dead:?}");
    }
    Ok(())
}

/// What is in a dead-letter queue; it stays there, unless it is what tests put in.
async fn dead_letters(tenant: &Tenant, url: &str) -> Result<Vec<String>> {
    let sqs = &tenant.aws.sqs;
    let mut bodies = Vec::new();
    loop {
        let received = sqs.receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(5);
        let messages = received.send().await?.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(bodies);
        }
        for message in messages {
            let body = message.body.unwrap_or_default();
            if body == POISON {
                let delete = sqs.delete_message().queue_url(url);
                delete.set_receipt_handle(message.receipt_handle).send().await?;
            }
            bodies.push(body);
        }
    }
}
