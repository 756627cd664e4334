//! Who is in which topic: FCM is told what has changed, by what stands in the table then.
//!
//! A device's row has what FCM was told. Before a device joins, its row says that it may be in the topic: should the invocation
//! die in between, the next one takes it out or puts it in, whichever is right by then. Afterwards all is looked at again: who
//! changed their mind meanwhile has not been seen by the message that came for it.

mod change;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use carillon_domain::{GoneDevice, Millis, RetrySchedule, TenantId, UserId};
use carillon_queue::{DeliveryMessage, Later, Punctuality, RecordError, Topics, Trace};
use carillon_sender::Failure;
use carillon_store::{Recipients, StoreError};
use futures::future::try_join_all;
use tokio::sync::Semaphore;

use self::change::{Change, changes};
use crate::fcm::Fcm;
use crate::time_left::TimeLeft;

/// How often it is looked at again. Who changes their mind all the time is looked at by the next message.
const ROUNDS: usize = 3;
/// What there was no time for comes back after so many seconds.
const LATER_SECONDS: i64 = 2;
/// Rows at a time.
const ROWS_IN_FLIGHT: usize = 16;

/// Tells FCM.
pub(crate) struct Membership<'a> {
    fcm: &'a Fcm,
    recipients: &'a Recipients,
    retry: &'a Later,
    schedule: RetrySchedule,
    rows: Semaphore,
}

/// What is left for later.
#[derive(Default)]
struct Left {
    users: BTreeSet<UserId>,
    gone: Vec<GoneDevice>,
    /// Why; none if there was no time.
    failure: Option<Failure>,
}

impl Left {
    /// Of two failures, the one that wants us to wait longer.
    fn failed(&mut self, failure: Failure) {
        let longer = self.failure.as_ref().is_none_or(|before| failure.retry_after > before.retry_after);
        if longer {
            self.failure = Some(failure);
        }
    }
}

impl<'a> Membership<'a> {
    /// By this FCM; what fails goes back to the queue.
    pub(crate) fn new(
        fcm: &'a Fcm,
        recipients: &'a Recipients,
        retry: &'a Later,
        schedule: RetrySchedule,
    ) -> Self {
        Self { fcm, recipients, retry, schedule, rows: Semaphore::new(ROWS_IN_FLIGHT) }
    }

    /// Tells FCM what has changed for these.
    pub(crate) async fn work(&self, message: &Topics, time: TimeLeft) -> Result<(), RecordError> {
        let failed = |error: StoreError| {
            tracing::warn!(code = error.code(), %error, "topics could not be looked at");
            RecordError::Failed(error.to_string())
        };
        let left = self.tell(message, time).await.map_err(failed)?;
        if left.users.is_empty() && left.gone.is_empty() {
            return Ok(());
        }
        let (attempt, wait) = match &left.failure {
            None => (message.trace.attempt, LATER_SECONDS),
            Some(failure) => {
                let (attempt, users) = (message.trace.attempt.saturating_add(1), left.users.len());
                let seed = u64::try_from(message.trace.enqueued_at.0).unwrap_or_default();
                let Some(wait) = self.schedule.next(attempt, failure.retry_after, seed) else {
                    tracing::error!(
                        users,
                        gone = left.gone.len(),
                        detail = failure.detail,
                        "topics are given up"
                    );
                    return Ok(());
                };
                (attempt, wait)
            }
        };
        self.again(message, left, attempt, wait, time.now()).await
    }

    async fn tell(&self, message: &Topics, time: TimeLeft) -> Result<Left, StoreError> {
        let tenant = &message.tenant;
        let (mut users, mut left, mut changes_of_nobody) =
            (message.users.clone(), Left::default(), Vec::new());
        for gone in &message.gone {
            match self.recipients.new_owner(tenant, gone).await? {
                Some(owner) => drop(users.insert(owner)),
                None => changes_of_nobody.extend(Change::of_nobody(gone)),
            }
        }
        self.apply(tenant, changes_of_nobody, &mut left, time).await?;
        for _ in 0..ROUNDS {
            let changes = self.look(tenant, &users, time.now()).await?;
            if changes.is_empty() {
                return Ok(left);
            }
            users = self.apply(tenant, changes, &mut left, time).await?;
            // Whoever comes back is looked at then, and not before the time.
            users.retain(|user| !left.users.contains(user));
        }
        Ok(left)
    }

    /// What is other than it should be.
    async fn look(
        &self,
        tenant: &TenantId,
        users: &BTreeSet<UserId>,
        now: Millis,
    ) -> Result<Vec<Change>, StoreError> {
        let all = users.iter().map(async |user| {
            let _permit = self.rows.acquire().await;
            let membership = self.recipients.membership(tenant, user, now).await?;
            Ok::<_, StoreError>(changes(user, &membership))
        });
        Ok(try_join_all(all).await?.into_iter().flatten().collect())
    }

    async fn again(
        &self,
        message: &Topics,
        left: Left,
        attempt: u32,
        wait: i64,
        now: Millis,
    ) -> Result<(), RecordError> {
        let Left { users, gone, .. } = left;
        let (tenant, trace) = (message.tenant.clone(), Trace { attempt, ..Trace::starting(now) });
        let (number, made) = (attempt.to_string(), now.0.to_string());
        let names: Vec<String> = users.iter().map(ToString::to_string).collect();
        let mut name = vec!["topics", tenant.as_str(), &number, &made];
        name.extend(names.iter().map(String::as_str));
        let again = Topics { tenant: tenant.clone(), users, gone, trace };
        let again = DeliveryMessage::Topics(Box::new(again));
        let sent = self.retry.send(&again, now.plus_seconds(wait), now, &name, Punctuality::Exact).await;
        sent.map_err(|error| RecordError::Failed(error.to_string()))
    }
}
