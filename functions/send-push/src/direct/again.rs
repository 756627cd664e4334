//! What is left for later: packed, enqueued, and only then noted.

use std::collections::BTreeMap;

use carillon_domain::{Delivery, Millis, Ulid};
use carillon_queue::{DeliveryMessage, Direct, DirectMessage, Punctuality, QueueError, pack_direct};
use carillon_store::Lease;
use futures::StreamExt as _;
use futures::future::join_all;

use super::Directly;

/// Messages sent at a time.
const IN_FLIGHT: usize = 16;

/// A message that comes back.
pub(super) struct Again {
    /// With what is left of whom it goes to.
    pub(super) message: DirectMessage,
    /// As which attempt.
    pub(super) attempt: u32,
    /// After so many seconds.
    pub(super) wait: i64,
    /// What the row becomes when this is enqueued; None if the claim is somebody else's.
    pub(super) then: Option<(Lease, Delivery)>,
}

impl Again {
    /// Somebody else is at it. Should they die, it is ours when their claim lapses.
    pub(super) fn when_lapsed(message: &DirectMessage, attempt: u32, until: Millis, now: Millis) -> Self {
        let wait = (until.0 - now.0).max(0).div_euclid(1_000) + 1;
        Self { message: message.clone(), attempt, wait, then: None }
    }
}

impl Directly<'_> {
    /// Brings them back, and notes it; answers for how many that could not be done.
    pub(super) async fn send_again(&self, direct: &Direct, again: Vec<Again>) -> usize {
        // Later than the message in hand, whoever's clock that has its time from: what it leaves behind is not for it.
        let now = (self.engine.clock)().max(direct.trace.enqueued_at.plus_millis(1));
        let mut alike: BTreeMap<(u32, i64, bool), Vec<Again>> = BTreeMap::new();
        for one in again {
            alike.entry((one.attempt, one.wait, one.then.is_some())).or_default().push(one);
        }
        let mut parts = Vec::new();
        for ((attempt, wait, ours), group) in alike {
            // A double that waits for another's end stays as old as it is.
            let enqueued_at = if ours { now } else { direct.trace.enqueued_at };
            let mut then = BTreeMap::new();
            let messages = group.into_iter().map(|one| {
                then.extend(one.then.map(|then| (one.message.ulid, then)));
                one.message
            });
            for part in pack_direct(&direct.tenant, messages.collect::<Vec<_>>(), attempt, enqueued_at) {
                let ulids = part.messages.iter().map(|message| message.ulid);
                let then = ulids.filter_map(|ulid| Some((ulid, then.remove(&ulid)?))).collect();
                parts.push(self.part(part, wait, now, then));
            }
        }
        futures::stream::iter(parts).buffer_unordered(IN_FLIGHT).fold(0, async |sum, one| sum + one).await
    }

    async fn part(
        &self,
        part: Direct,
        wait: i64,
        now: Millis,
        then: Vec<(Ulid, (Lease, Delivery))>,
    ) -> usize {
        let (count, tenant) = (part.messages.len(), part.tenant.clone());
        if let Err(error) = self.enqueue(part, wait, now).await {
            tracing::warn!(code = error.code(), %error, messages = count, "could not be enqueued");
            return count;
        }
        let notes = then.into_iter().map(async |(ulid, (lease, to))| {
            // As of the instant that the message has: an earlier one is not for it then.
            let to = Delivery { at: now, ..to };
            let concluding = self.engine.ledger.conclude_direct(&tenant, ulid, lease, &to);
            match self.engine.rows.turn(concluding).await {
                Ok(true) => {}
                Ok(false) => tracing::info!(%ulid, "the push message is past this attempt"),
                // What is enqueued takes over when the claim lapses.
                Err(error) => {
                    tracing::warn!(%ulid, code = error.code(), %error, "an attempt could not be noted");
                }
            }
        });
        join_all(notes).await;
        0
    }

    async fn enqueue(&self, part: Direct, wait: i64, now: Millis) -> Result<(), QueueError> {
        // Named by what they are and which attempt it is, and when: one that an earlier claim made would be too old.
        let (attempt, made) = (part.trace.attempt.to_string(), part.trace.enqueued_at.0.to_string());
        let (tenant, ulids) = (part.tenant.clone(), part.messages.iter().map(|one| one.ulid.to_string()));
        let ulids: Vec<String> = ulids.collect();
        let mut name = vec!["direct", tenant.as_str(), &attempt, &made];
        name.extend(ulids.iter().map(String::as_str));
        let message = DeliveryMessage::Direct(Box::new(part));
        self.engine.retry.send(&message, now.plus_seconds(wait), now, &name, Punctuality::Exact).await
    }
}
