//! Senders of a test's own, of push if not said otherwise, and the jobs for them, which no deployed one sees.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use carillon_testkit::{Bootstrap, FunctionError, RuntimeApi};
use carillon_tests::{Functions, Producer, Queue, Tenant, failed, jobs_of, list, sqs_event, text};
use serde_json::{Value, json};

use crate::push_support::{ALWAYS, post};

/// Senders of the test's own, on a queue of their own.
pub(crate) struct Senders<'a> {
    pub(crate) functions: Functions<'a>,
    pub(crate) queue: Queue,
    channel: &'static str,
}

impl<'a> Senders<'a> {
    pub(crate) async fn of(tenant: &'a Tenant) -> Result<Self> {
        Self::of_channel(tenant, "push").await
    }

    pub(crate) async fn of_channel(tenant: &'a Tenant, channel: &'static str) -> Result<Self> {
        Ok(Self {
            functions: Functions::of(tenant, Vec::new()).await?,
            queue: Queue::create(&tenant.aws).await?,
            channel,
        })
    }

    /// A function whose jobs come into the own queue.
    fn function(&self, name: &str) -> Bootstrap {
        let url = format!("QUEUE_{}_URL", self.channel.to_uppercase());
        self.functions.function(name).env(&url, self.queue.url())
    }

    /// Has these posts decided: ids, and jobs that no deployed sender sees.
    pub(crate) async fn jobs(&self, bodies: &[Value]) -> Result<Vec<(String, String)>> {
        let captured = self.functions.capture(bodies).await?;
        let dispatch = self.function("dispatch").start().await?;
        let mut jobs = Vec::new();
        // One by one, so that they come in this order.
        for (answer, message) in captured {
            ensure!(failed(&dispatch.invoke(sqs_event(&[&message])).await?).is_empty(), "not dispatched");
            jobs.push((text(&answer, "id")?.to_owned(), self.queue.receive().await?));
        }
        Ok(jobs)
    }

    /// The job of one notification to Ann.
    pub(crate) async fn job(&self) -> Result<(String, String)> {
        self.jobs(&[post(ALWAYS, "ann", &json!({}))]).await?.pop().context("no job")
    }

    /// A sender with the time that the deployed one has.
    pub(crate) fn sender(&self) -> Bootstrap {
        self.function(&format!("send-{}", self.channel)).timeout(Duration::from_secs(30))
    }

    /// Has what waits in the queue worked through until nothing of this notification is left to do on the channel.
    pub(crate) async fn finish(&self, sender: &RuntimeApi, shop: &Producer, id: &str) -> Result<Value> {
        loop {
            let delivery = shop.trace(id).await?["deliveries"][self.channel].take();
            if delivery["state"] != "pending" && delivery["state"] != "sending" {
                return Ok(delivery);
            }
            done(sender, &self.queue.receive().await?).await?;
        }
    }
}

/// Has a message worked through.
pub(crate) async fn done(sender: &RuntimeApi, message: &str) -> Result<()> {
    let reply = sender.invoke(sqs_event(&[message])).await?;
    ensure!(failed(&reply).is_empty(), "{reply}");
    Ok(())
}

/// Has a message worked through by a sender that dies of it.
pub(crate) async fn dies(sender: &RuntimeApi, message: &str) -> Result<()> {
    let died = sender.invoke(sqs_event(&[message])).await;
    ensure!(matches!(died, Err(FunctionError::Exited(_))), "{died:?}");
    Ok(())
}

/// The tokens in a message of the push queue, and how many of the recipient's devices were reached before.
pub(crate) fn left(message: &str) -> Result<(Vec<String>, u64)> {
    let job = jobs_of(&serde_json::from_str(message)?)?.pop().context("no recipient")?;
    let devices = list(&job.recipient["address"], "devices")?;
    let tokens = devices.iter().map(|device| Ok(text(device, "token")?.to_owned())).collect::<Result<_>>()?;
    Ok((tokens, job.recipient["reached"].as_u64().unwrap_or_default()))
}
