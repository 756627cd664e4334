//! One invocation: all records at once, and their realtime jobs packed together.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{Clock, Target};
use carillon_queue::{
    Dispatch, DispatchMessage, Group, MAX_DELAY_SECONDS, Outgoing, Queue, RecordError, pack, process,
};
use carillon_store::{Inbox, StoreError};
use futures::StreamExt as _;

use crate::recipient::{Next, store};

/// Recipients of one message worked on at a time.
const IN_FLIGHT: usize = 32;
/// How often the recipients that failed are sent again as a smaller message, before the message itself fails: after
/// 2, 4, … 512 s and then every 15 minutes, about an hour and a half in all.
const MAX_ATTEMPTS: u32 = 14;

/// What a message came to: whom to tell, and what became of those who could not be stored.
type Worked = (Group, Result<(), RecordError>);

/// Everything a batch needs.
pub(crate) struct Dispatcher {
    pub(crate) inbox: Inbox,
    pub(crate) dispatch: Queue,
    pub(crate) realtime: Queue,
    pub(crate) clock: Clock,
}

/// Works through a batch.
pub(crate) async fn work(dispatcher: &Dispatcher, event: SqsEvent) -> SqsBatchResponse {
    process(
        event,
        async |DispatchMessage::V1(message)| Ok(one(dispatcher, *message).await),
        async |done| hand_on(dispatcher, done).await,
    )
    .await
}

/// One message: up to 100 recipients. Those that failed for a passing reason are sent again, alone.
///
/// What was stored is posted even where the message fails because of the rest.
async fn one(dispatcher: &Dispatcher, message: Dispatch) -> Worked {
    let outcomes: Vec<(Target, Result<Next, StoreError>)> = futures::stream::iter(message.recipients.clone())
        .map(|target| {
            let message = &message;
            async move {
                let next = store(&dispatcher.inbox, message, &target, dispatcher.clock).await;
                (target, next)
            }
        })
        .buffered(IN_FLIGHT)
        .collect()
        .await;
    let mut to_post = Vec::new();
    let mut failed = Vec::new();
    let mut passing = true;
    for (target, outcome) in outcomes {
        match outcome {
            Ok(Next::Post) => to_post.push(target),
            Ok(Next::Done) => {}
            Err(error) => {
                tracing::warn!(ulid = %message.ulid, code = error.code(), %error, "a recipient could not be stored");
                passing &= error.retryable();
                failed.push(target);
            }
        }
    }
    let stored = message.recipients.len() - failed.len();
    tracing::info!(ulid = %message.ulid, stored, failed = failed.len(), attempt = message.trace.attempt, "dispatched");
    let group = Group {
        tenant: message.tenant.clone(),
        ulid: message.ulid,
        content: message.content.clone(),
        recipients: to_post,
        only: Vec::new(),
    };
    let rest = if failed.is_empty() { Ok(()) } else { retry(dispatcher, message, failed, passing).await };
    (group, rest)
}

/// Sends the failed recipients again as their own message with a pause that doubles. What will not pass, or did not
/// for more than an hour, fails the message itself: SQS's own count then takes it to the dead-letter queue.
async fn retry(
    dispatcher: &Dispatcher,
    message: Dispatch,
    failed: Vec<Target>,
    passing: bool,
) -> Result<(), RecordError> {
    if !passing || message.trace.attempt >= MAX_ATTEMPTS {
        return Err(RecordError::Failed(format!("{} recipients could not be stored", failed.len())));
    }
    let trace = message.trace.again((dispatcher.clock)());
    let delay = if trace.attempt > 9 { MAX_DELAY_SECONDS } else { 1 << trace.attempt };
    let again = DispatchMessage::V1(Box::new(Dispatch { recipients: failed, trace, ..message }));
    let sent = async { dispatcher.dispatch.send(Outgoing::new(&again, delay)?).await };
    sent.await.map_err(|error| RecordError::Failed(error.to_string()))
}

/// Sends all records' jobs in as few messages as fit; a record whose jobs could not be sent fails.
async fn hand_on(dispatcher: &Dispatcher, done: Vec<(usize, Worked)>) -> Vec<(usize, RecordError)> {
    let mut failed = Vec::new();
    let mut groups = Vec::new();
    for (index, (group, rest)) in done {
        failed.extend(rest.err().map(|error| (index, error)));
        if !group.recipients.is_empty() {
            groups.push((index, group));
        }
    }
    let packed = pack(groups, (dispatcher.clock)());
    let mut outgoing = Vec::new();
    let mut records = Vec::new();
    for (indexes, message) in packed {
        match Outgoing::new(&message, 0) {
            Ok(ready) => {
                outgoing.push(ready);
                records.push(indexes);
            }
            Err(error) => {
                failed.extend(indexes.into_iter().map(|i| (i, RecordError::Failed(error.to_string()))))
            }
        }
    }
    for (message, error) in dispatcher.realtime.send_all(&outgoing).await {
        let indexes = records.get(message).cloned().unwrap_or_default();
        failed.extend(indexes.into_iter().map(|i| (i, RecordError::Failed(error.to_string()))));
    }
    failed
}
