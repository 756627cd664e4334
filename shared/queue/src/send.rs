//! Sending: single messages, and batches within SQS's limits.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use carillon_domain::causes;
use serde::Serialize;

/// SQS's longest `DelaySeconds`.
pub const MAX_DELAY_SECONDS: i64 = 900;
/// Most entries of a SendMessageBatch.
const BATCH_ENTRIES: usize = 10;
/// Most bytes of a message, and of all messages of a batch together: 1 MiB, less room for attributes.
const BATCH_BYTES: usize = 1_048_576 - 16 * 1024;
/// How often entries that SQS refused for its own reasons are sent again.
const ATTEMPTS: u32 = 3;

/// A message could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// It does not serialise; a bug.
    #[error("a message could not be written: {0}")]
    Message(#[from] serde_json::Error),
    /// Larger than SQS takes.
    #[error("a message of {0} bytes is larger than SQS takes")]
    TooLarge(usize),
    /// SQS refused or could not be reached, after the client's own retries.
    #[error("{operation} failed: {detail}")]
    Call {
        /// The SQS operation.
        operation: &'static str,
        /// The whole chain of causes, for the log.
        detail: String,
    },
}

impl QueueError {
    /// Stable label for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Message(_) => "message_unwritable",
            Self::TooLarge(_) => "message_too_large",
            Self::Call { .. } => "queue_unavailable",
        }
    }
}

/// A message on its way.
#[derive(Debug)]
pub struct Outgoing {
    body: String,
    delay_seconds: i32,
}

impl Outgoing {
    /// A message, visible after so many seconds (cut to what SQS can do).
    pub fn new<M: Serialize>(message: &M, delay_seconds: i64) -> Result<Self, QueueError> {
        let body = sendable(serde_json::to_string(message)?);
        if body.len() > BATCH_BYTES {
            return Err(QueueError::TooLarge(body.len()));
        }
        let delay = delay_seconds.clamp(0, MAX_DELAY_SECONDS);
        Ok(Self { body, delay_seconds: i32::try_from(delay).unwrap_or_default() })
    }
}

impl Outgoing {
    /// The message as it is sent.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }
}

/// SQS refuses U+FFFE and U+FFFF. JSON has them only inside strings, where an escape says the same.
fn sendable(json: String) -> String {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
    } else {
        json
    }
}

/// One queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

/// Links the X-Ray segments of sender and receiver.
fn trace_header() -> Option<MessageSystemAttributeValue> {
    let header = std::env::var("_X_AMZN_TRACE_ID").ok()?;
    MessageSystemAttributeValue::builder().data_type("String").string_value(header).build().ok()
}

impl Queue {
    /// The queue at this URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Sends one message; when this returns, SQS holds it durably.
    pub async fn send(&self, message: Outgoing) -> Result<(), QueueError> {
        let mut call = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(message.body)
            .set_delay_seconds(Some(message.delay_seconds).filter(|&delay| delay > 0));
        if let Some(header) = trace_header() {
            call = call.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, header);
        }
        call.send()
            .await
            .map(drop)
            .map_err(|error| QueueError::Call { operation: "SendMessage", detail: causes(&error) })
    }

    /// Sends many, in as few calls as fit, and answers which failed, by index. What SQS refuses for its own
    /// reasons is sent again with a pause that doubles.
    pub async fn send_all(&self, messages: &[Outgoing]) -> Vec<(usize, QueueError)> {
        let mut failed = Vec::new();
        let mut from = 0;
        while from < messages.len() {
            let mut bytes = 0;
            let fitting = messages.iter().skip(from).take(BATCH_ENTRIES).take_while(|message| {
                bytes += message.body.len();
                bytes <= BATCH_BYTES
            });
            let count = fitting.count().max(1);
            let batch = messages.iter().enumerate().skip(from).take(count).collect();
            failed.extend(self.send_batch(batch).await);
            from += count;
        }
        failed
    }

    async fn send_batch(&self, mut batch: Vec<(usize, &Outgoing)>) -> Vec<(usize, QueueError)> {
        let mut detail = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            }
            let refused = match self.try_batch(&batch).await {
                Ok(refused) => refused,
                // The client has retried already.
                Err(says) => {
                    detail = says;
                    break;
                }
            };
            batch.retain(|(index, _)| refused.iter().any(|entry| entry.id == index.to_string()));
            let Some(first) = refused.first() else { return Vec::new() };
            detail = format!("{}: {}", first.code, first.message.as_deref().unwrap_or_default());
            if refused.iter().any(|entry| entry.sender_fault) {
                break;
            }
        }
        let error = || QueueError::Call { operation: "SendMessageBatch", detail: detail.clone() };
        batch.into_iter().map(|(index, _)| (index, error())).collect()
    }

    /// One SendMessageBatch; answers the entries that SQS did not take.
    async fn try_batch(&self, batch: &[(usize, &Outgoing)]) -> Result<Vec<BatchResultErrorEntry>, String> {
        let entries =
            batch.iter().map(|(index, message)| entry(*index, message)).collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(|error| error.to_string())?;
        let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        match call.send().await {
            Ok(sent) => Ok(sent.failed),
            Err(error) => Err(causes(&error)),
        }
    }
}

fn entry(
    index: usize,
    message: &Outgoing,
) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&message.body)
        .set_delay_seconds(Some(message.delay_seconds).filter(|&delay| delay > 0));
    if let Some(header) = trace_header() {
        entry = entry.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, header);
    }
    entry.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqs_refuses_is_escaped_and_reads_the_same() {
        let text = "a\u{fffe}b\u{ffff}\u{fffd}\u{7f}";
        let outgoing = Outgoing::new(&text, 0).unwrap();
        assert!(!outgoing.body.contains(['\u{fffe}', '\u{ffff}']));
        assert_eq!(serde_json::from_str::<String>(&outgoing.body).unwrap(), text);
    }

    #[test]
    fn delays_and_sizes_keep_to_what_sqs_takes() {
        assert_eq!(Outgoing::new(&0, 10_000).unwrap().delay_seconds, 900);
        assert_eq!(Outgoing::new(&0, -5).unwrap().delay_seconds, 0);
        assert!(matches!(Outgoing::new(&"x".repeat(BATCH_BYTES), 0), Err(QueueError::TooLarge(_))));
    }
}
