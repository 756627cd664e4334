//! New notifications, to everyone who is connected.

use carillon_domain::{ConnectionId, Deliveries, Event, Notification, Target, frame, notification_frame};
use carillon_queue::{Group, Outgoing, Realtime, RealtimeMessage, RecordError};
use carillon_realtime::{PostError, Posted, To};
use carillon_store::{Row, Scope};
use futures::StreamExt as _;

use crate::batch::Sender;
use crate::forward::{self, Forward};

/// Recipients worked on at a time.
const IN_FLIGHT: usize = 32;
/// How often a post that failed is tried again: the inbox has the notification, and a client that was not reached
/// gets it by its next resync.
const MAX_ATTEMPTS: u32 = 3;

/// A job that waited longer than this, or is sent again, may be about something the user has dealt with since.
const FRESH_MILLIS: i64 = 2_000;

/// What posting to one recipient came to.
enum Reached {
    /// So many connections took it, and nobody is missing.
    By(usize),
    /// These connections (empty: it is not known which) did not, for a passing reason; so many others did.
    Missing(Vec<ConnectionId>, usize),
    /// The user has dealt with it already.
    NotNews,
}

/// Posts every group to every recipient; what could not be posted for a passing reason is sent again, alone.
pub(crate) async fn all(sender: &Sender, message: Realtime) -> Result<(), RecordError> {
    let age = (sender.clock)().0 - message.trace.enqueued_at.0;
    let fresh = message.trace.attempt == 0 && age <= FRESH_MILLIS;
    let trace = message.trace.again((sender.clock)());
    let last = trace.attempt > MAX_ATTEMPTS;
    let jobs: Vec<(Group, Target)> = message.groups.into_iter().flat_map(alone).collect();
    let outcomes: Vec<(Option<Group>, Option<Forward>)> = futures::stream::iter(jobs)
        .map(|(group, target)| async move {
            let reached = one(sender, &group, &target, fresh).await;
            after(sender, group, target, reached, last).await
        })
        // Not in order: the slowest would keep the place of the 33rd.
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await;
    let (failed, forwards): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
    let failed: Vec<Group> = failed.into_iter().flatten().collect();
    forward::send(sender, forwards.into_iter().flatten().collect()).await?;
    if failed.is_empty() {
        return Ok(());
    }
    if last {
        tracing::warn!(recipients = failed.len(), "given up posting; their next resync brings it");
        return Ok(());
    }
    let delay = 1 << trace.attempt;
    let again = RealtimeMessage::Post(Realtime { groups: failed, trace });
    let sent = async { sender.realtime.send(Outgoing::new(&again, delay)?).await };
    sent.await.map_err(|error| RecordError::Failed(error.to_string()))
}

/// A group for each of its recipients.
fn alone(group: Group) -> impl Iterator<Item = (Group, Target)> {
    let Group { recipients, mut push, .. } = group;
    let bare = Group { recipients: Vec::new(), push: std::collections::BTreeMap::new(), ..group };
    recipients.into_iter().map(move |target| {
        let own = push.remove_entry(&target.user).into_iter().collect();
        (Group { push: own, ..bare.clone() }, target)
    })
}

/// What is to be sent again, and what falls forward to push. The push of somebody who was reached is settled here.
async fn after(
    sender: &Sender,
    mut group: Group,
    target: Target,
    reached: Reached,
    last: bool,
) -> (Option<Group>, Option<Forward>) {
    let devices = group.push.remove(&target.user);
    let ulid = group.ulid;
    match (reached, devices) {
        (Reached::By(0), Some(to)) => (None, Some(Forward { group, target, to })),
        (Reached::By(_) | Reached::NotNews, None) => (None, None),
        (Reached::By(_), Some(_)) => {
            forward::online(sender, &group, &target).await;
            (None, None)
        }
        (Reached::NotNews, Some(_)) => {
            forward::dealt_with(sender, &group, &target).await;
            (None, None)
        }
        (Reached::Missing(only, taken), devices) => {
            if taken > 0 && devices.is_some() {
                forward::online(sender, &group, &target).await;
            }
            let devices = devices.filter(|_| taken == 0);
            if last && let Some(to) = devices {
                tracing::info!(%ulid, "nobody could be reached; push goes out");
                return (None, Some(Forward { group, target, to }));
            }
            let push = devices.map(|devices| (target.user.clone(), devices)).into_iter().collect();
            (Some(Group { recipients: vec![target], only, push, ..group }), None)
        }
    }
}

/// Who has it. A device that has it already drops the double by its id.
async fn one(sender: &Sender, group: &Group, target: &Target, fresh: bool) -> Reached {
    match post(sender, group, target, fresh).await {
        Ok(Some(Posted { taken, gone, failed })) => {
            tracing::info!(ulid = %group.ulid, taken, gone, failed = failed.len(), "posted");
            if failed.is_empty() { Reached::By(taken) } else { Reached::Missing(failed, taken) }
        }
        Ok(None) => Reached::NotNews,
        Err(error) => {
            tracing::warn!(ulid = %group.ulid, code = error.code(), %error, "could not be posted");
            Reached::Missing(group.only.clone(), 0)
        }
    }
}

/// None if it is no news any more.
async fn post(
    sender: &Sender,
    group: &Group,
    target: &Target,
    fresh: bool,
) -> Result<Option<Posted>, PostError> {
    let notification =
        Notification::new(group.ulid, target, group.content.clone(), String::new(), Deliveries::new());
    let frame = if fresh && !group.repeated {
        notification_frame(&notification)
    } else {
        match still_news(sender, group, &notification).await? {
            Some(frame) => frame,
            None => return Ok(None),
        }
    };
    let account = target.account.as_ref();
    let to = if group.only.is_empty() { To::Account(account) } else { To::Only(account, &group.only) };
    sender.poster.to_user(&group.tenant, &target.user, to, &frame, (sender.clock)()).await.map(Some)
}

/// What it looks like now, if it is still there and unread: what was deleted, archived or snoozed must not come back on
/// a device that dropped it.
async fn still_news(
    sender: &Sender,
    group: &Group,
    notification: &Notification,
) -> Result<Option<String>, PostError> {
    let scope = Scope { tenant: group.tenant.clone(), user: notification.id.user.clone(), account: None };
    match sender.inbox.get(&scope, &notification.id).await? {
        Some(Row::Live(stored)) if stored.archived_at.is_none() && stored.snoozed_until.is_none() => {
            let marks = sender.inbox.marks(&scope).await?;
            Ok((!stored.is_read(&marks)).then(|| frame(Event::Notification, stored.view(&marks))))
        }
        Some(Row::Live(_) | Row::Gone(_)) | None => Ok(None),
    }
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;
