//! One invocation.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{Channel, Clock, Suppression};
use carillon_queue::{RecordError, process};
use carillon_store::{Heard, Inbox, StoreError, Suppressed, Suppressions};

use crate::event::Event;
use crate::report::{Report, Subject, report, subject};

/// What SES publishes when the topic becomes an event destination: the one message that is no event.
const VALIDATION: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

/// Everything a batch needs.
pub(crate) struct Listener {
    pub(crate) inbox: Inbox,
    pub(crate) suppressions: Suppressions,
    pub(crate) clock: Clock,
}

/// Works through a batch.
pub(crate) async fn work(listener: &Listener, mut event: SqsEvent) -> SqsBatchResponse {
    event.records.retain(|record| record.body.as_deref().map(str::trim) != Some(VALIDATION));
    process(event, async |event| hear(listener, event).await, async |_| Vec::new()).await
}

async fn hear(listener: &Listener, event: Event) -> Result<(), RecordError> {
    let Some(subject) = subject(&event.mail) else {
        tracing::debug!(event = event.event_type, "of a mail that is not ours");
        return Ok(());
    };
    let Some(report) = report(&event, (listener.clock)()) else {
        tracing::info!(event = event.event_type, ulid = %subject.id.ulid, "it changes nothing");
        return Ok(());
    };
    let failed = |error: StoreError| RecordError::Failed(error.to_string());
    let told = carillon_store::Report {
        feedback: &report.feedback,
        provider_id: &event.mail.message_id,
        at: report.at,
    };
    let heard = listener.inbox.feedback(&subject.tenant, &subject.id, Channel::Email, told).await;
    let heard = heard.map_err(failed)?;
    let suppressed = suppress(listener, &subject, &report, heard).await.map_err(failed)?;
    let ulid = subject.id.ulid;
    match report.suppress {
        None => tracing::debug!(event = event.event_type, %ulid, ?heard, "heard"),
        Some((reason, _)) => {
            tracing::info!(event = event.event_type, %ulid, ?heard, %reason, suppressed, "heard");
        }
    }
    Ok(())
}

/// How many addresses are suppressed from now on. Of a notification of which there is no trace any more, such as one that
/// was erased with its recipient, only the address's hash is kept.
async fn suppress(
    listener: &Listener,
    subject: &Subject,
    report: &Report,
    heard: Heard,
) -> Result<usize, StoreError> {
    let Some((reason, addresses)) = &report.suppress else { return Ok(0) };
    let known = heard != Heard::Nobody;
    let mut count = 0;
    for address in addresses {
        let suppression = Suppression {
            channel: Channel::Email,
            address: Some(address.clone()).filter(|_| known),
            reason: *reason,
            detail: report.feedback.detail().map(str::to_owned),
            notification_id: Some(subject.id.clone()).filter(|_| known),
            created_at: report.at,
        };
        let put = listener.suppressions.put(&subject.tenant, address, &suppression).await?;
        count += usize::from(put == Suppressed::Now);
    }
    Ok(count)
}
