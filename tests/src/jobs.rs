//! What was handed to the channels' senders: read from the recorder, since the senders take it from the queues.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::{Recorder, Stack};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{DEADLINE, text};

/// How long one question waits for something new.
const WAIT: Duration = Duration::from_secs(5);

/// One notification × one channel × one recipient, as its sender gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The notification.
    pub id: String,
    /// Which channel.
    pub channel: String,
    /// What it says.
    pub content: Value,
    /// Whose, where to, in which language.
    pub recipient: Value,
}

/// A tenant's jobs.
#[derive(Debug)]
pub struct Jobs<'a> {
    tenant: &'a str,
    recorder: Recorder,
}

impl<'a> Jobs<'a> {
    pub(crate) fn of(tenant: &'a str, stack: &Stack) -> Self {
        Self { tenant, recorder: Recorder::at(&stack.aws_endpoint_url) }
    }

    /// Waits until a queue has had at least so many jobs of this tenant, and returns all of them.
    ///
    /// # Errors
    /// If they do not come before the deadline, with those that came.
    pub async fn wait(&self, queue: &str, count: usize) -> Result<Vec<Job>> {
        let end = Instant::now() + DEADLINE;
        let (mut jobs, mut last) = (Vec::new(), 0);
        loop {
            let wait = if jobs.len() < count { WAIT } else { Duration::ZERO };
            last = self.read(queue, last, wait, &mut jobs).await?;
            if jobs.len() >= count {
                return Ok(jobs);
            }
            if Instant::now() >= end {
                bail!("not within {DEADLINE:?}: {count} jobs for {queue}; came: {jobs:?}");
            }
        }
    }

    /// All jobs of this tenant that a queue has had: what was sent to it before is among them.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn all(&self, queue: &str) -> Result<Vec<Job>> {
        let mut jobs = Vec::new();
        self.read(queue, 0, Duration::ZERO, &mut jobs).await?;
        Ok(jobs)
    }

    /// Adds those after a message's number; returns the last one's.
    async fn read(&self, queue: &str, after: u64, wait: Duration, jobs: &mut Vec<Job>) -> Result<u64> {
        let tenant = json!(self.tenant).to_string();
        let mut last = after;
        for sent in self.recorder.sent(queue, &tenant, after, wait).await? {
            last = sent.n;
            // What a sender sends to its own queue is another attempt at the same job.
            if sent.function.contains(&format!("send-{queue}")) {
                continue;
            }
            let message: Value = serde_json::from_str(&sent.body).context("a job that is no JSON")?;
            if message["delivery.v1"]["tenant"].as_str() == Some(self.tenant) {
                jobs.extend(jobs_of(&message)?);
            }
        }
        Ok(last)
    }
}

/// The jobs in a message of a sender's queue.
///
/// # Errors
/// If it is none.
pub fn jobs_of(message: &Value) -> Result<Vec<Job>> {
    let deliver = &message["delivery.v1"];
    let ulid = text(deliver, "ulid")?;
    let one = |recipient: &Value| {
        let user = URL_SAFE_NO_PAD.encode(text(recipient, "user")?);
        Ok(Job {
            id: format!("ntf_{ulid}{user}"),
            channel: text(deliver, "channel")?.to_owned(),
            content: deliver["content"].clone(),
            recipient: recipient.clone(),
        })
    };
    crate::list(deliver, "recipients")?.iter().map(one).collect()
}
