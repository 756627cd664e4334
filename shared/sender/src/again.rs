//! What is left for later: packed into messages, enqueued, and only then noted.

use std::collections::{BTreeMap, BTreeSet};

use carillon_domain::{Delivery, Millis, NotificationId};
use carillon_queue::{Addressee, Deliver, DeliveryMessage, Punctuality, QueueError, Trace, pack_recipients};
use carillon_store::Lease;
use futures::StreamExt as _;

use crate::engine::Engine;

/// Messages sent, and rows written, at a time.
const IN_FLIGHT: usize = 16;

/// A recipient who comes back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Again {
    /// With what is left of the address.
    pub(crate) addressee: Addressee,
    /// As which attempt.
    pub(crate) attempt: u32,
    /// After so many seconds.
    pub(crate) wait: i64,
    /// What the row becomes when this is enqueued; None if the claim is somebody else's.
    pub(crate) then: Option<(Lease, Delivery)>,
}

impl Again {
    /// Somebody else is at it. Should they die, it is ours when their claim lapses.
    pub(crate) fn when_lapsed(addressee: &Addressee, attempt: u32, until: Millis, now: Millis) -> Self {
        let wait = (until.0 - now.0).max(0).div_euclid(1_000) + 1;
        Self { addressee: addressee.clone(), attempt, wait, then: None }
    }
}

/// Those who come back as the same attempt at the same time, in as few messages as fit.
fn pack(again: Vec<Again>) -> Vec<Vec<Again>> {
    let mut alike: BTreeMap<(u32, i64, bool), Vec<Again>> = BTreeMap::new();
    for one in again {
        alike.entry((one.attempt, one.wait, one.then.is_some())).or_default().push(one);
    }
    alike.into_values().flat_map(|group| pack_recipients(group, |one| &one.addressee)).collect()
}

/// The message for some of its recipients.
pub(crate) fn left(message: &Deliver, recipients: Vec<Addressee>, trace: Trace) -> DeliveryMessage {
    let Deliver { tenant, ulid, channel, content, .. } = message;
    let (tenant, content) = (tenant.clone(), content.clone());
    DeliveryMessage::V1(Box::new(Deliver {
        tenant,
        ulid: *ulid,
        channel: *channel,
        content,
        recipients,
        trace,
    }))
}

impl Engine {
    /// Brings them back, and notes it; answers for how many that could not be done.
    pub(crate) async fn send_again(&self, message: &Deliver, again: Vec<Again>, deadline: Millis) -> usize {
        // Later than the message in hand, whoever's clock that has its time from: what it leaves behind is not for it.
        let now = (self.clock)().max(message.trace.enqueued_at.plus_millis(1));
        let parts: Vec<_> =
            pack(again).into_iter().map(|part| self.part(message, part, now, deadline)).collect();
        futures::stream::iter(parts).buffer_unordered(IN_FLIGHT).fold(0, async |sum, one| sum + one).await
    }

    async fn part(&self, message: &Deliver, part: Vec<Again>, now: Millis, deadline: Millis) -> usize {
        let count = part.len();
        let (ulid, channel) = (message.ulid, message.channel);
        if let Err(error) = self.enqueue(message, &part, now).await {
            tracing::warn!(%ulid, %channel, code = error.code(), %error, recipients = count, "could not be enqueued");
            return count;
        }
        let concludes: Vec<_> = part
            .into_iter()
            .filter_map(|one| {
                let id = NotificationId { ulid, user: one.addressee.user };
                // As of the instant that the message has: an earlier one is not for it then.
                one.then
                    .map(|(lease, to)| self.note(message, id, lease, Delivery { at: now, ..to }, deadline))
            })
            .collect();
        futures::stream::iter(concludes).buffer_unordered(IN_FLIGHT).collect::<()>().await;
        0
    }

    /// Tells the row. Should that fail, what is enqueued takes over when the claim lapses; to fail the record would bring back
    /// those who were reached, too.
    async fn note(
        &self,
        message: &Deliver,
        id: NotificationId,
        lease: Lease,
        to: Delivery,
        deadline: Millis,
    ) {
        let ulid = id.ulid;
        let concluding =
            async || self.inbox.conclude(&message.tenant, &id, message.channel, lease, &to).await;
        match self.persist(deadline, concluding).await {
            Ok(true) => {}
            Ok(false) => tracing::info!(%ulid, "the delivery is past this attempt"),
            Err(error) => {
                tracing::warn!(%ulid, code = error.code(), %error, "an attempt could not be noted");
            }
        }
    }

    /// Sends those, who come back alike, in one message.
    async fn enqueue(&self, message: &Deliver, part: &[Again], now: Millis) -> Result<(), QueueError> {
        let Some(first) = part.first() else { return Ok(()) };
        let recipients = part.iter().map(|one| one.addressee.clone()).collect();
        // A double that waits for another's end stays as old as it is.
        let enqueued_at = if first.then.is_some() { now } else { message.trace.enqueued_at };
        let trace = Trace { attempt: first.attempt, ..Trace::starting(enqueued_at) };
        let again = left(message, recipients, trace);
        // Named by who they are and which attempt it is, and when: one that an earlier claim made would be too old.
        let users: BTreeSet<&str> = part.iter().map(|one| one.addressee.user.as_str()).collect();
        let (ulid, attempt) = (message.ulid.to_string(), first.attempt.to_string());
        let made = enqueued_at.0.to_string();
        let mut name = vec![message.tenant.as_str(), &ulid, message.channel.as_str(), &attempt, &made];
        name.extend(users);
        let at = now.plus_seconds(first.wait);
        self.retry.send(&again, at, now, &name, Punctuality::Exact).await
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::{Address, UserId};

    use super::*;

    fn again(i: usize, attempt: u32, wait: i64, bytes: usize) -> Again {
        let user = UserId::parse(&format!("u{i}")).unwrap();
        let address = Address::Email("x".repeat(bytes));
        let addressee = Addressee { user, account: None, address, locale: None, reached: 0, refused: None };
        Again { addressee, attempt, wait, then: None }
    }

    fn sizes(again: Vec<Again>) -> Vec<usize> {
        let count = again.len();
        let packed = pack(again);
        let users: BTreeSet<_> = packed.iter().flatten().map(|one| one.addressee.user.clone()).collect();
        assert_eq!(users.len(), count, "each once");
        packed.iter().map(Vec::len).collect()
    }

    #[test]
    fn only_those_who_come_back_alike_share_a_message_and_only_as_many_as_fit() {
        assert_eq!(sizes(Vec::new()), [0; 0]);
        assert_eq!(sizes((0..60).map(|i| again(i, 1, 10, 10)).collect()), [25, 25, 10]);
        assert_eq!(sizes(vec![again(0, 1, 10, 10), again(1, 1, 11, 10), again(2, 2, 10, 10)]), [1, 1, 1]);
        assert_eq!(sizes((0..5).map(|i| again(i, 1, 10, 9_000)).collect()), [3, 2]);
        assert_eq!(sizes((0..2).map(|i| again(i, 1, 10, 200_000)).collect()), [1, 1], "however large");
    }

    #[test]
    fn a_double_comes_after_the_lease() {
        for (until, wait) in
            [(Millis(0), 1), (Millis(1), 1), (Millis(999), 1), (Millis(1_000), 2), (Millis(31_000), 32)]
        {
            assert_eq!(Again::when_lapsed(&again(0, 0, 0, 1).addressee, 0, until, Millis(0)).wait, wait);
        }
    }
}
