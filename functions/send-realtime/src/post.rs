//! New notifications, to everyone who is connected.

use carillon_domain::{Deliveries, Notification, Target, notification_frame};
use carillon_queue::{Group, Outgoing, Realtime, RealtimeMessage, RecordError};
use futures::StreamExt as _;

use crate::batch::Sender;

/// Recipients worked on at a time.
const IN_FLIGHT: usize = 32;
/// How often a post that failed is tried again: the inbox has the notification, and a client that was not reached
/// gets it by its next resync.
const MAX_ATTEMPTS: u32 = 3;

/// Posts every group to every recipient; what could not be posted for a passing reason is sent again, alone.
pub(crate) async fn all(sender: &Sender, message: Realtime) -> Result<(), RecordError> {
    let jobs: Vec<(Group, Target)> = message
        .groups
        .into_iter()
        .flat_map(|group| {
            let bare = Group { recipients: Vec::new(), ..group };
            group.recipients.into_iter().map(move |target| (bare.clone(), target))
        })
        .collect();
    let outcomes: Vec<Option<(Group, Target)>> = futures::stream::iter(jobs)
        .map(|(group, target)| async move {
            if one(sender, &group, &target).await { None } else { Some((group, target)) }
        })
        .buffered(IN_FLIGHT)
        .collect()
        .await;
    let failed: Vec<Group> = outcomes
        .into_iter()
        .flatten()
        .map(|(group, target)| Group { recipients: vec![target], ..group })
        .collect();
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

/// True if everyone who is connected has it. A device that has it already drops the double by its id.
async fn one(sender: &Sender, group: &Group, target: &Target) -> bool {
    let notification =
        Notification::new(group.ulid, target, group.content.clone(), String::new(), Deliveries::new());
    let frame = notification_frame(&notification);
    let account = target.account.as_ref();
    match sender.poster.to_user(&group.tenant, &target.user, account, None, &frame, (sender.clock)()).await {
        Ok(posted) => {
            tracing::info!(ulid = %group.ulid, taken = posted.taken, gone = posted.gone, failed = posted.failed, "posted");
            posted.failed == 0
        }
        Err(error) => {
            tracing::warn!(ulid = %group.ulid, code = error.code(), %error, "could not be posted");
            false
        }
    }
}
