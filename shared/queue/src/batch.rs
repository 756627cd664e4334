//! Working through a batch: one record's error or panic never fails its neighbours.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt as _;
use serde::de::DeserializeOwned;

/// Why a record was not done. It goes back to the queue; after the queue's `maxReceiveCount` it lies in the
/// dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not a message of this queue.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// Something behind us failed; it may work next time.
    #[error("{0}")]
    Failed(String),
    /// The handler panicked.
    #[error("panicked: {0}")]
    Panicked(String),
}

impl RecordError {
    /// Stable label for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "record_unreadable",
            Self::Failed(_) => "record_failed",
            Self::Panicked(_) => "record_panicked",
        }
    }
}

/// Works through all records at once, then lets `finish` do what the batch shares (such as sending the packed jobs
/// of all records). Both answer per record; what failed is reported to SQS, the rest is done.
///
/// `finish` gets the index and the outcome of every record that succeeded, and answers the indexes that failed.
pub async fn process<M, T, H, HF, F, FF>(event: SqsEvent, handle: H, finish: F) -> SqsBatchResponse
where
    M: DeserializeOwned,
    H: Fn(M) -> HF,
    HF: Future<Output = Result<T, RecordError>>,
    F: FnOnce(Vec<(usize, T)>) -> FF,
    FF: Future<Output = Vec<(usize, RecordError)>>,
{
    let work = event.records.iter().map(|record| {
        let message = read::<M>(record);
        let handle = &handle;
        let one = async move { handle(message?).await };
        // Nothing of a record's state outlives it, so nothing half-done is seen after an unwind.
        AssertUnwindSafe(one)
            .catch_unwind()
            .map(|caught| caught.unwrap_or_else(|panic| Err(panicked(&*panic))))
    });
    let mut failed = Vec::new();
    let mut done = Vec::new();
    for (index, outcome) in futures::future::join_all(work).await.into_iter().enumerate() {
        match outcome {
            Ok(outcome) => done.push((index, outcome)),
            Err(error) => failed.push((index, error)),
        }
    }
    let indexes: Vec<usize> = done.iter().map(|(index, _)| *index).collect();
    match AssertUnwindSafe(finish(done)).catch_unwind().await {
        Ok(unfinished) => failed.extend(unfinished),
        Err(panic) => failed.extend(indexes.into_iter().map(|index| (index, panicked(&*panic)))),
    }
    respond(&event, failed)
}

fn read<M: DeserializeOwned>(record: &SqsMessage) -> Result<M, RecordError> {
    serde_json::from_str(record.body.as_deref().unwrap_or_default()).map_err(|error| {
        // The message may hold a title or an address: say what kind of error and where, not what.
        RecordError::Unreadable(format!("{:?} at column {}", error.classify(), error.column()))
    })
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> RecordError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    RecordError::Panicked(text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default())
}

fn respond(event: &SqsEvent, failed: Vec<(usize, RecordError)>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let mut reported = std::collections::BTreeSet::new();
    for (index, error) in failed {
        let Some(record) = event.records.get(index) else { continue };
        let id = record.message_id.as_deref().unwrap_or_default();
        let received =
            record.attributes.get("ApproximateReceiveCount").map(String::as_str).unwrap_or_default();
        tracing::error!(message_id = id, received, code = error.code(), %error, "a record failed and returns to its queue");
        if reported.insert(index) {
            response.add_failure(id);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bodies: &[&str]) -> SqsEvent {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(
                |(i, body)| serde_json::json!({"messageId": format!("m{i}"), "body": body, "attributes": {}}),
            )
            .collect();
        serde_json::from_value(serde_json::json!({"Records": records})).unwrap()
    }

    async fn handle(n: u32) -> Result<u32, RecordError> {
        match n {
            7 => panic!("seven"),
            8 => Err(RecordError::Failed("eight".into())),
            n => Ok(n),
        }
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
    }

    #[tokio::test]
    async fn a_bad_record_or_a_panic_never_fails_its_neighbours() {
        let mut seen = Vec::new();
        let response = process(event(&["1", "{", "7", "8", "2"]), handle, |done| {
            seen.extend(done.into_iter().map(|(_, n)| n));
            async { Vec::new() }
        })
        .await;
        assert_eq!(failed(&response), ["m1", "m2", "m3"]);
        assert_eq!(seen, [1, 2]);
    }

    #[tokio::test]
    async fn what_the_batch_shares_fails_only_the_records_it_names() {
        let response = process(event(&["1", "2", "3"]), handle, |_| async {
            vec![(1, RecordError::Failed("not sent".into())), (1, RecordError::Failed("twice".into()))]
        })
        .await;
        assert_eq!(failed(&response), ["m1"]);
        let response = process(event(&["1", "8", "3"]), handle, |_| async { panic!("finish") }).await;
        assert_eq!(failed(&response), ["m1", "m0", "m2"]);
    }
}
