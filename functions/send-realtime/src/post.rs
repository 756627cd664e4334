//! New notifications, to everyone who is connected.

use carillon_domain::{ConnectionId, Deliveries, Notification, Target, notification_frame};
use carillon_queue::{Group, Outgoing, Realtime, RealtimeMessage, RecordError};
use carillon_realtime::{PostError, Posted, To};
use carillon_store::{Row, Scope};
use futures::StreamExt as _;

use crate::batch::Sender;

/// Recipients worked on at a time.
const IN_FLIGHT: usize = 32;
/// How often a post that failed is tried again: the inbox has the notification, and a client that was not reached
/// gets it by its next resync.
const MAX_ATTEMPTS: u32 = 3;

/// A job that waited longer than this, or is sent again, may be about something the user has dealt with since.
const FRESH_MILLIS: i64 = 2_000;

/// Posts every group to every recipient; what could not be posted for a passing reason is sent again, alone.
pub(crate) async fn all(sender: &Sender, message: Realtime) -> Result<(), RecordError> {
    let age = (sender.clock)().0 - message.trace.enqueued_at.0;
    let fresh = message.trace.attempt == 0 && age <= FRESH_MILLIS;
    let jobs: Vec<(Group, Target)> = message
        .groups
        .into_iter()
        .flat_map(|group| {
            let bare = Group { recipients: Vec::new(), ..group };
            group.recipients.into_iter().map(move |target| (bare.clone(), target))
        })
        .collect();
    let outcomes: Vec<Option<Group>> = futures::stream::iter(jobs)
        .map(|(group, target)| async move {
            let missing = one(sender, &group, &target, fresh).await?;
            Some(Group { recipients: vec![target], only: missing, ..group })
        })
        .buffered(IN_FLIGHT)
        .collect()
        .await;
    let failed: Vec<Group> = outcomes.into_iter().flatten().collect();
    if failed.is_empty() {
        return Ok(());
    }
    let trace = message.trace.again((sender.clock)());
    if trace.attempt > MAX_ATTEMPTS {
        tracing::warn!(recipients = failed.len(), "given up posting; their next resync brings it");
        return Ok(());
    }
    let delay = 1 << trace.attempt;
    let again = RealtimeMessage::Post(Realtime { groups: failed, trace });
    let sent = async { sender.realtime.send(Outgoing::new(&again, delay)?).await };
    sent.await.map_err(|error| RecordError::Failed(error.to_string()))
}

/// None if everyone who is connected has it; else who has not (empty: it is not known). A device that has it already
/// drops the double by its id.
async fn one(sender: &Sender, group: &Group, target: &Target, fresh: bool) -> Option<Vec<ConnectionId>> {
    match post(sender, group, target, fresh).await {
        Ok(posted) => {
            let failed = posted.failed;
            tracing::info!(ulid = %group.ulid, taken = posted.taken, gone = posted.gone, failed = failed.len(), "posted");
            if failed.is_empty() { None } else { Some(failed) }
        }
        Err(error) => {
            tracing::warn!(ulid = %group.ulid, code = error.code(), %error, "could not be posted");
            Some(group.only.clone())
        }
    }
}

async fn post(sender: &Sender, group: &Group, target: &Target, fresh: bool) -> Result<Posted, PostError> {
    let notification =
        Notification::new(group.ulid, target, group.content.clone(), String::new(), Deliveries::new());
    if !fresh && !still_news(sender, group, &notification).await? {
        return Ok(Posted::default());
    }
    let account = target.account.as_ref();
    let to = if group.only.is_empty() { To::Account(account) } else { To::Only(account, &group.only) };
    let frame = notification_frame(&notification);
    sender.poster.to_user(&group.tenant, &target.user, to, &frame, (sender.clock)()).await
}

/// Whether it is still there and unread: what was deleted must not come back on a device that dropped it.
async fn still_news(sender: &Sender, group: &Group, notification: &Notification) -> Result<bool, PostError> {
    let scope = Scope { tenant: group.tenant.clone(), user: notification.id.user.clone(), account: None };
    match sender.inbox.get(&scope, &notification.id).await? {
        Some(Row::Live(stored)) if stored.archived_at.is_none() => {
            Ok(!stored.is_read(&sender.inbox.marks(&scope).await?))
        }
        Some(Row::Live(_) | Row::Gone(_)) | None => Ok(false),
    }
}
