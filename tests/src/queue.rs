//! A queue of the test's own, which no deployed function reads.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{Aws, DEADLINE};

/// Goes with the local cloud; each has a fresh name.
#[derive(Debug)]
pub struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    /// Creates it.
    ///
    /// # Errors
    /// As SQS reports.
    pub async fn create(aws: &Aws) -> Result<Self> {
        let name = format!("e2e-{}", ulid::Ulid::generate());
        let created = aws.sqs.create_queue().queue_name(name).send().await?;
        Ok(Self { sqs: aws.sqs.clone(), url: created.queue_url.context("a queue without URL")? })
    }

    /// For a function's environment.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for one message, deletes it, and returns its body.
    ///
    /// # Errors
    /// If none comes.
    pub async fn receive(&self) -> Result<String> {
        let receiving = async {
            loop {
                if let Some(body) = self.poll(1).await? {
                    return Ok(body);
                }
            }
        };
        tokio::time::timeout(DEADLINE, receiving).await.context("no message came")?
    }

    /// Everything that is in it now.
    ///
    /// # Errors
    /// As SQS reports, or if a body is no JSON.
    pub async fn drain(&self) -> Result<Vec<Value>> {
        let mut bodies = Vec::new();
        while let Some(body) = self.poll(0).await? {
            bodies.push(serde_json::from_str(&body)?);
        }
        Ok(bodies)
    }

    async fn poll(&self, seconds: i32) -> Result<Option<String>> {
        let received =
            self.sqs.receive_message().queue_url(&self.url).wait_time_seconds(seconds).send().await?;
        let Some(message) = received.messages.unwrap_or_default().into_iter().next() else { return Ok(None) };
        let handle = message.receipt_handle.context("a message without receipt handle")?;
        self.sqs.delete_message().queue_url(&self.url).receipt_handle(handle).send().await?;
        Ok(message.body)
    }
}
