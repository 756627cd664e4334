//! One recipient: claim, look, send, note.

use carillon_domain::{Delivery, DeliveryState, Millis, Notification, NotificationId, Reason, TenantId};
use carillon_queue::{Addressee, Deliver};
use carillon_store::{Claim, DeadLetter, DeadNote, Lease, Row, Scope, StoreError, Turn};

use crate::again::{Again, left};
use crate::engine::Engine;
use crate::next::{Attempt, Next};
use crate::outcome::{Failure, Outcome, Provider, Sending};

/// A claim outlives its invocation by this much, for the sake of clocks that differ.
const LEASE_EXTRA_MILLIS: i64 = 1_000;

/// What a recipient came to.
pub(crate) enum Came {
    /// There was nothing to do: a double.
    Settled,
    /// It ended so.
    Ended(DeliveryState),
    /// Something is left for later.
    Again(Box<Again>),
}

impl Engine {
    pub(crate) async fn recipient(
        &self,
        provider: &impl Provider,
        message: &Deliver,
        addressee: &Addressee,
        deadline: Millis,
    ) -> Result<Came, StoreError> {
        let attempt = message.trace.attempt;
        let id = NotificationId { ulid: message.ulid, user: addressee.user.clone() };
        let lease =
            Lease { attempts: attempt.saturating_add(1), until: deadline.plus_millis(LEASE_EXTRA_MILLIS) };
        let now = (self.clock)();
        let turn = Turn { attempt, enqueued_at: message.trace.enqueued_at };
        let claim = self.inbox.claim(&message.tenant, &id, message.channel, turn, lease.until, now);
        let stored = match self.rows.turn(claim).await? {
            Claim::Settled => return Ok(Came::Settled),
            Claim::Busy(until) => {
                return Ok(Came::Again(Box::new(Again::when_lapsed(addressee, attempt, until, now))));
            }
            Claim::Taken(stored) => stored,
        };
        let this = Attempt {
            ulid: message.ulid,
            addressee,
            attempt,
            expires_at: message.content.expires_at,
            before: stored.deliveries.get(&message.channel),
            schedule: &self.schedule,
        };
        let next = match self.unwanted(message, &stored, now).await? {
            Some(reason) => this.not_wanted(reason, now),
            None => {
                let sending = Sending { message, addressee, stored: &stored, now, deadline };
                let outcome = provider.send(&sending).await;
                this.after(outcome, (self.clock)())
            }
        };
        let next = match next {
            Next::End { to, dead: Some((failure, rest)) } => {
                // A request that timed out may well have gone out, and its provider told of it meanwhile.
                if !self.is_ours(message, &id).await {
                    return Ok(Came::Settled);
                }
                let reached = rest.reached > addressee.reached;
                match self.bury(message, &id, failure, &rest, &to, deadline).await {
                    Ok(()) => Next::End { to, dead: None },
                    // To fail the record would bring back those who were reached just now, too.
                    Err(error) if reached => {
                        tracing::warn!(ulid = %id.ulid, code = error.code(), %error, "no dead letter yet");
                        this.after(Outcome::Later { rest }, (self.clock)())
                    }
                    Err(error) => return Err(error),
                }
            }
            next @ (Next::End { .. } | Next::Again { .. }) => next,
        };
        let to = match next {
            Next::Again { rest, attempt, wait, to } => {
                let then = Some((lease, to));
                return Ok(Came::Again(Box::new(Again { addressee: rest, attempt, wait, then })));
            }
            Next::End { to, .. } => to,
        };
        let state = to.state;
        let concluding =
            async || self.inbox.conclude(&message.tenant, &id, message.channel, lease, &to).await;
        if !self.persist(deadline, concluding).await? {
            // It was opened or deleted meanwhile.
            tracing::info!(ulid = %id.ulid, "the delivery is past this attempt");
        }
        Ok(Came::Ended(state))
    }

    /// Why it need not go out any more. Before the first attempt only the time tells: it was decided just now.
    async fn unwanted(
        &self,
        message: &Deliver,
        stored: &Notification,
        now: Millis,
    ) -> Result<Option<Reason>, StoreError> {
        if message.content.expires_at <= now {
            return Ok(Some(Reason::Expired));
        }
        let dealt_with = message.trace.attempt > 0 && self.dealt_with(&message.tenant, stored).await?;
        Ok(dealt_with.then_some(Reason::AlreadyRead))
    }

    /// Whether the user has seen to it. A read-all is not on the row: that costs a read, where the row itself says nothing.
    async fn dealt_with(&self, tenant: &TenantId, stored: &Notification) -> Result<bool, StoreError> {
        let by_itself = [
            stored.read_at,
            stored.opened_at,
            stored.clicked_at,
            stored.archived_at,
            stored.snoozed_until, // Who snoozed it wants it then, and not before.
        ];
        if by_itself.iter().any(Option::is_some) {
            return Ok(true);
        }
        let scope = Scope { tenant: tenant.clone(), user: stored.id.user.clone(), account: None };
        Ok(stored.is_read(&self.rows.turn(self.inbox.marks(&scope)).await?))
    }

    /// Whether the row still waits for what comes of this attempt; so it does as far as we know if it cannot be read.
    async fn is_ours(&self, message: &Deliver, id: &NotificationId) -> bool {
        let scope = Scope { tenant: message.tenant.clone(), user: id.user.clone(), account: None };
        let state = match self.rows.turn(self.inbox.get(&scope, id)).await {
            Ok(Some(Row::Live(row))) => row.deliveries.get(&message.channel).map(|delivery| delivery.state),
            Ok(_) => None,
            Err(_) => return true,
        };
        state == Some(DeliveryState::Sending)
    }

    async fn bury(
        &self,
        message: &Deliver,
        id: &NotificationId,
        failure: Failure,
        rest: &Addressee,
        to: &Delivery,
        deadline: Millis,
    ) -> Result<(), StoreError> {
        let (channel, reason, attempts, failed_at) = (message.channel, failure.reason, to.attempts, to.at);
        tracing::warn!(ulid = %id.ulid, %channel, attempts, %reason, detail = failure.detail, "given up");
        let left = left(message, vec![rest.clone().whole()], message.trace.clone());
        let note = DeadNote {
            type_key: message.content.type_key.clone(),
            reason,
            detail: failure.detail,
            attempts,
            failed_at,
        };
        // Strings and numbers only: it always serialises.
        let payload = serde_json::to_string(&left).unwrap_or_default();
        let letter = DeadLetter { tenant: message.tenant.clone(), id: id.clone(), channel, note, payload };
        self.persist(deadline, async || self.ledger.bury(&letter).await).await
    }
}
