//! One invocation: every recipient of every record at once.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{Channel, Clock, DeliveryState, Millis, RetrySchedule};
use carillon_queue::{Deliver, DeliveryMessage, Later, RecordError, process};
use carillon_store::{Inbox, Ledger, StoreError};
use futures::FutureExt as _;

use crate::again::Again;
use crate::outcome::Provider;
use crate::recipient::Came;
use crate::rows::Rows;

/// Everything a batch needs besides what sends.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Where the claims are.
    pub inbox: Inbox,
    /// Where dead letters go.
    pub ledger: Ledger,
    /// The channel's own queue: where what is left goes, for later.
    pub retry: Later,
    /// When.
    pub schedule: RetrySchedule,
    /// What is sent here.
    pub channel: Channel,
    /// What tells the time.
    pub clock: Clock,
    /// Turns at the store.
    pub rows: Rows,
}

/// Works through a batch. `deadline` is when Lambda ends the invocation: claims hold until just after it, so that no two
/// invocations ever send the same at once.
///
/// A record fails only where we could not do our part: the store or the queue failed, or the provider panicked. It comes
/// back, and finds done what was done.
pub async fn work<P: Provider>(
    engine: &Engine,
    provider: &P,
    event: SqsEvent,
    deadline: Millis,
) -> SqsBatchResponse {
    let handle = async |message: DeliveryMessage| match message {
        DeliveryMessage::V1(message) => engine.deliver(provider, &message, deadline).await,
        DeliveryMessage::Direct(_) | DeliveryMessage::Topics(_) => {
            Err(RecordError::Unreadable(String::from("not sent here")))
        }
    };
    process(event, handle, async |_| Vec::new()).await
}

/// How many recipients came to what.
#[derive(Debug, Default)]
struct Counts {
    sent: usize,
    skipped: usize,
    failed: usize,
    settled: usize,
    again: usize,
    undone: usize,
}

impl Engine {
    /// One message: every recipient at once, as [`work`] does it.
    pub async fn deliver(
        &self,
        provider: &impl Provider,
        message: &Deliver,
        deadline: Millis,
    ) -> Result<(), RecordError> {
        if message.channel != self.channel {
            return Err(RecordError::Unreadable(format!("{} is not sent here", message.channel)));
        }
        // One by one behind a guard: a panic must not take the others' requests with it, which are under way.
        let all = message.recipients.iter().map(|addressee| {
            AssertUnwindSafe(self.recipient(provider, message, addressee, deadline)).catch_unwind()
        });
        let came = futures::future::join_all(all).await;
        let panics = came.iter().filter(|one| one.is_err()).count();
        let (mut counts, again) = self.tell_apart(message, came);
        counts.undone += self.send_again(message, again, deadline).await;
        let Counts { sent, skipped, failed, settled, again, undone } = counts;
        let (ulid, channel, attempt) = (message.ulid, message.channel, message.trace.attempt);
        tracing::info!(%ulid, %channel, attempt, sent, skipped, failed, settled, again, undone, "delivered");
        match (panics, undone) {
            (0, 0) => Ok(()),
            (0, undone) => Err(RecordError::Failed(format!("{undone} recipients could not be dealt with"))),
            (panics, _) => Err(RecordError::Panicked(format!("the sender, at {panics} recipients"))),
        }
    }

    fn tell_apart(
        &self,
        message: &Deliver,
        came: Vec<Result<Result<Came, StoreError>, Box<dyn Any + Send>>>,
    ) -> (Counts, Vec<Again>) {
        let (mut counts, mut again) = (Counts::default(), Vec::new());
        let ulid = message.ulid;
        for one in came {
            match one {
                Ok(Ok(Came::Settled)) => counts.settled += 1,
                Ok(Ok(Came::Ended(DeliveryState::Sent))) => counts.sent += 1,
                Ok(Ok(Came::Ended(DeliveryState::Failed))) => counts.failed += 1,
                Ok(Ok(Came::Ended(_))) => counts.skipped += 1,
                Ok(Ok(Came::Again(left))) => {
                    counts.again += 1;
                    again.push(*left);
                }
                Ok(Err(error)) => {
                    counts.undone += 1;
                    tracing::warn!(%ulid, code = error.code(), %error, "a recipient could not be dealt with");
                }
                Err(_) => {
                    counts.undone += 1;
                    tracing::error!(%ulid, "the sender panicked");
                }
            }
        }
        (counts, again)
    }
}
