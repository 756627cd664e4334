//! One invocation: all records at once, and their jobs packed together.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{Millis, Target, TenantTypes};
use carillon_queue::{
    Dispatch, DispatchMessage, Group, MAX_DELAY_SECONDS, Outgoing, Punctuality, RecordError, Trace, process,
};
use carillon_store::StoreError;
use futures::StreamExt as _;

use crate::again::again;
use crate::first::first;
use crate::outgoing::{Batch, Failed, hand_on};
use crate::wake;
use crate::work::{Dispatcher, Todo, Work};

/// Recipients of one message worked on at a time.
const IN_FLIGHT: usize = 32;
/// How often the recipients that failed are sent again as a smaller message, before the message itself fails: after
/// 2, 4, … 512 s and then every 15 minutes, about an hour and a half in all.
pub(crate) const MAX_ATTEMPTS: u32 = 14;

/// What comes this much before its time comes in time.
pub(crate) const EARLY_MILLIS: i64 = 1_000;

/// What a message came to: what is left to do, and what became of those who could not be dealt with.
enum Worked {
    /// A notification's recipients.
    Dispatched(Batch, Result<(), RecordError>),
    /// A snoozed one that is back.
    Woken(Option<Group>),
}

/// Works through a batch.
pub(crate) async fn work(dispatcher: &Dispatcher, event: SqsEvent) -> SqsBatchResponse {
    process(
        event,
        async |message| match message {
            DispatchMessage::V1(message) => {
                let (batch, rest) = one(dispatcher, *message).await;
                Ok(Worked::Dispatched(batch, rest))
            }
            DispatchMessage::Wake(message) => wake::wake(dispatcher, message).await.map(Worked::Woken),
        },
        async |done: Vec<(usize, Worked)>| {
            let mut failed = Failed::default();
            let (mut batches, mut woken) = (Vec::new(), Vec::new());
            for (index, worked) in done {
                match worked {
                    Worked::Woken(group) => woken.extend(group.map(|group| (index, group))),
                    Worked::Dispatched(batch, rest) => {
                        if let Err(RecordError::Failed(why)) = rest {
                            failed.add([index], &why);
                        }
                        batches.push((index, batch));
                    }
                }
            }
            hand_on(dispatcher, batches, woken, &mut failed).await;
            failed.all()
        },
    )
    .await
}

/// One message: up to 100 recipients. Those that failed for a passing reason are sent again, alone.
///
/// What was stored is handed on even where the message fails because of the rest.
async fn one(dispatcher: &Dispatcher, mut message: Dispatch) -> (Batch, Result<(), RecordError>) {
    if let Some(at) = early(&message, (dispatcher.clock)()) {
        let rest = wait(dispatcher, &message, at).await;
        return (Batch { message, todos: Vec::new() }, rest);
    }
    let recipients = std::mem::take(&mut message.recipients);
    let outcomes = match types(dispatcher, &message).await {
        Ok(types) => {
            let entry = types.get(dispatcher.catalog.registry(), &message.content.type_key).ok();
            all(dispatcher, &Work { message: &message, types: &types, entry }, recipients).await
        }
        Err(error) => {
            tracing::warn!(ulid = %message.ulid, code = error.code(), %error, "the tenant's types could not be read");
            recipients.into_iter().map(|target| (target, Err(error.retryable()))).collect()
        }
    };
    let (mut todos, mut failed, mut passing) = (Vec::new(), Vec::new(), true);
    for (target, outcome) in outcomes {
        match outcome {
            Ok(todo) => todos.push(todo),
            Err(retryable) => {
                passing &= retryable;
                failed.push(target);
            }
        }
    }
    let stored = todos.iter().filter(|todo| todo.stored).count();
    let deferred = todos.iter().filter(|todo| todo.later.is_some()).count();
    let (not_stored, attempt) = (todos.len() - stored, message.trace.attempt);
    tracing::info!(ulid = %message.ulid, stored, not_stored, deferred, failed = failed.len(), attempt, again = message.again, "dispatched");
    let rest =
        if failed.is_empty() { Ok(()) } else { retry(dispatcher, message.clone(), failed, passing).await };
    (Batch { message, todos }, rest)
}

/// The tenant's types. One that was known when the message was accepted, and is not here, may be newer than what is
/// remembered here.
async fn types(dispatcher: &Dispatcher, message: &Dispatch) -> Result<Arc<TenantTypes>, StoreError> {
    let now = (dispatcher.clock)();
    let types = dispatcher.catalog.of(&message.tenant, now).await?;
    if types.get(dispatcher.catalog.registry(), &message.content.type_key).is_ok() {
        return Ok(types);
    }
    dispatcher.catalog.since(&message.tenant, message.accepted_at, now).await
}

/// When a new message is due, if it came before its time: a notification's time is in its id.
fn early(message: &Dispatch, now: Millis) -> Option<Millis> {
    let due = Millis::of(message.ulid);
    (!message.again && due.0 - now.0 > EARLY_MILLIS).then_some(due)
}

async fn wait(dispatcher: &Dispatcher, message: &Dispatch, at: Millis) -> Result<(), RecordError> {
    let now = (dispatcher.clock)();
    let (tenant, ulid) = (message.tenant.to_string(), message.ulid.to_string());
    // Every round has a name of its own, a redelivery of the same round has the same.
    let round = message.trace.enqueued_at.0.to_string();
    let name = [tenant.as_str(), &ulid, &round];
    let again = DispatchMessage::V1(Box::new(waiting(message, now)));
    let sent = dispatcher.dispatch.send(&again, at, now, &name, Punctuality::Exact).await;
    sent.map_err(|error| RecordError::Failed(error.to_string()))
}

/// The same message, not tried yet: what waits for a year round by round must not have used up its attempts by then.
fn waiting(message: &Dispatch, now: Millis) -> Dispatch {
    let trace = Trace { attempt: 0, ..message.trace.again(now) };
    Dispatch { trace, ..message.clone() }
}

/// What each recipient came to, or whether what went wrong may pass.
async fn all(
    dispatcher: &Dispatcher,
    work: &Work<'_>,
    recipients: Vec<Target>,
) -> Vec<(Target, Result<Todo, bool>)> {
    let one = async |target: Target| {
        let todo: Result<Todo, StoreError> = if work.message.again {
            again(dispatcher, work, &target).await
        } else {
            first(dispatcher, work, &target).await
        };
        let todo = todo.map_err(|error| {
            let ulid = work.message.ulid;
            tracing::warn!(%ulid, code = error.code(), %error, "a recipient could not be dealt with");
            error.retryable()
        });
        (target, todo)
    };
    futures::stream::iter(recipients).map(one).buffered(IN_FLIGHT).collect().await
}

/// Seconds before the next attempt.
pub(crate) fn pause(trace: &Trace) -> i64 {
    if trace.attempt > 9 { MAX_DELAY_SECONDS } else { 1 << trace.attempt }
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
        return Err(RecordError::Failed(format!("{} recipients could not be dealt with", failed.len())));
    }
    let trace = message.trace.again((dispatcher.clock)());
    let delay = pause(&trace);
    let again = DispatchMessage::V1(Box::new(Dispatch { recipients: failed, trace, ..message }));
    let sent = async { dispatcher.dispatch.queue.send(Outgoing::new(&again, delay)?).await };
    sent.await.map_err(|error| RecordError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_uses_up_no_attempts() {
        let message = serde_json::json!({
            "tenant": "acme", "ulid": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "producer": "shop", "channels": ["push"],
            "content": {"type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9},
            "recipients": [], "trace": {"enqueued_at": 7},
        });
        let mut message: Dispatch = serde_json::from_value(message).unwrap();
        for round in 1..100 {
            let before = message.trace.enqueued_at;
            assert!(early(&message, Millis(round * 900_000)).is_some());
            message = waiting(&message, Millis(round * 900_000));
            assert_eq!(message.trace.attempt, 0);
            assert!(message.trace.enqueued_at > before, "the next round has another name");
        }
    }
}
