//! Push messages of no notification: claimed in the ledger, otherwise like any other push.

mod again;
#[cfg(test)]
pub(crate) mod queue;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use carillon_domain::{
    Address, Delivery, Device, DeviceAddress, IdError, Millis, NotificationId, Platform, PushId, PushTarget,
    Reason, UserId,
};
use carillon_queue::{Addressee, DeliveryMessage, Direct, DirectMessage, RecordError};
use carillon_sender::{Attempt, Engine, Failure, Next, Outcome};
use carillon_store::{Claim, DeadLetter, DeadNote, Lease, StoreError, Turn};
use futures::FutureExt as _;
use futures::future::join_all;

use self::again::Again;
use crate::fcm::topic;
use crate::outcome::outcome;
use crate::reached::Reached;
use crate::sender::{Push, Sender};

/// A claim outlives its invocation by this much, for the sake of clocks that differ.
const LEASE_EXTRA_MILLIS: i64 = 1_000;

/// Sends them.
pub(crate) struct Directly<'a> {
    engine: &'a Engine,
    sender: &'a Sender,
    /// Stands where a user must, of a message that goes to none.
    nobody: UserId,
}

/// What a message came to; none if it is done.
type Came = Option<Again>;

impl<'a> Directly<'a> {
    /// By the engine's ledger, queue and schedule.
    pub(crate) fn new(engine: &'a Engine, sender: &'a Sender) -> Result<Self, IdError> {
        Ok(Self { engine, sender, nobody: UserId::parse("direct")? })
    }
}

impl Directly<'_> {
    /// All of these at once. Those that could not be dealt with fail the record: it comes back, and finds done what was done.
    pub(crate) async fn work(&self, direct: &Direct, deadline: Millis) -> Result<(), RecordError> {
        // One by one behind a guard: a panic must not take the others' requests with it, which are under way.
        let all = direct
            .messages
            .iter()
            .map(|message| AssertUnwindSafe(self.message(direct, message, deadline)).catch_unwind());
        let (mut again, mut undone) = (Vec::new(), 0);
        for (message, came) in direct.messages.iter().zip(join_all(all).await) {
            let ulid = message.ulid;
            match came {
                Ok(Ok(left)) => again.extend(left),
                Ok(Err(error)) => {
                    undone += 1;
                    tracing::warn!(%ulid, code = error.code(), %error, "a push message could not be dealt with");
                }
                Err(_) => {
                    undone += 1;
                    tracing::error!(%ulid, "the sender panicked");
                }
            }
        }
        undone += self.send_again(direct, again).await;
        match undone {
            0 => Ok(()),
            undone => Err(RecordError::Failed(format!("{undone} push messages could not be dealt with"))),
        }
    }

    async fn message(
        &self,
        direct: &Direct,
        message: &DirectMessage,
        deadline: Millis,
    ) -> Result<Came, StoreError> {
        let (tenant, ulid, attempt) = (&direct.tenant, message.ulid, direct.trace.attempt);
        let now = (self.engine.clock)();
        let lease =
            Lease { attempts: attempt.saturating_add(1), until: deadline.plus_millis(LEASE_EXTRA_MILLIS) };
        let turn = Turn { attempt, enqueued_at: direct.trace.enqueued_at };
        let claiming = self.engine.ledger.claim_direct(tenant, ulid, turn, lease.until, now);
        let claim = self.engine.rows.turn(claiming).await;
        let before = match claim? {
            Claim::Settled => return Ok(None),
            Claim::Busy(until) => return Ok(Some(Again::when_lapsed(message, attempt, until, now))),
            Claim::Taken(before) => before,
        };
        let expired = message.content.expires_at <= now;
        let addressee = self.addressee(direct, message, expired, now).await?;
        let this = Attempt {
            ulid,
            addressee: &addressee,
            attempt,
            expires_at: message.content.expires_at,
            before: Some(&before),
            schedule: &self.engine.schedule,
        };
        let next = if expired {
            this.not_wanted(Reason::Expired, now)
        } else {
            let outcome = self.send(direct, message, &addressee, deadline).await;
            this.after(outcome, (self.engine.clock)())
        };
        let to = match next {
            Next::Again { rest, attempt, wait, to } => {
                let message = left(message, rest);
                return Ok(Some(Again { message, attempt, wait, then: Some((lease, to)) }));
            }
            Next::End { to, dead } => {
                if let Some((failure, rest)) = dead {
                    self.bury(direct, message, failure, rest, &to, deadline).await?;
                }
                to
            }
        };
        let (state, target) = (to.state, message.target.kind());
        tracing::info!(%ulid, target, attempt, %state, reason = ?to.reason, "a push message is done");
        let concluding = async || self.engine.ledger.conclude_direct(tenant, ulid, lease, &to).await;
        if !self.engine.persist(deadline, concluding).await? {
            tracing::info!(%ulid, "the push message is past this attempt");
        }
        Ok(None)
    }

    /// Whom it goes to, and where. A user's devices are looked up once; a retry has what is left of them, if
    /// they are still the user's.
    async fn addressee(
        &self,
        direct: &Direct,
        message: &DirectMessage,
        expired: bool,
        now: Millis,
    ) -> Result<Addressee, StoreError> {
        let (user, devices) = match (&message.target, &message.left) {
            (PushTarget::User(user), None) if expired => (user, Vec::new()),
            (PushTarget::User(user), Some(left)) if expired || direct.trace.attempt == 0 => {
                (user, left.clone())
            }
            (PushTarget::User(user), Some(left)) => {
                (user, self.sender.still_theirs(&direct.tenant, user, left, now).await?)
            }
            (PushTarget::User(user), None) => {
                (user, self.sender.devices_of(&direct.tenant, user, now).await?)
            }
            (PushTarget::Token(token), _) => (&self.nobody, vec![device(token)]),
            (PushTarget::Topic(_), _) => (&self.nobody, Vec::new()),
        };
        let (user, address, reached) = (user.clone(), Address::Devices(devices), message.reached);
        let refused = message.refused.clone();
        Ok(Addressee { user, account: None, address, locale: None, reached, refused })
    }

    async fn send(
        &self,
        direct: &Direct,
        message: &DirectMessage,
        addressee: &Addressee,
        deadline: Millis,
    ) -> Outcome {
        let user = match &message.target {
            PushTarget::User(user) => Some(user),
            PushTarget::Token(_) | PushTarget::Topic(_) => None,
        };
        let id = PushId(message.ulid).to_string();
        let (tenant, ulid, content) = (&direct.tenant, message.ulid, &message.content);
        let push = Push { tenant, user, ulid, id, content, deadline };
        match (&message.target, &addressee.address) {
            (PushTarget::Topic(name), _) => {
                let rest = addressee.clone();
                match self.sender.topic(&push, &topic(&direct.tenant, name)).await {
                    None => Outcome::Later { rest },
                    Some(Reached::Sent(provider_id)) => Outcome::Sent { provider_id, detail: None },
                    Some(Reached::Gone) => Outcome::Skipped(Reason::NoAddress),
                    Some(Reached::Retry(failure)) => Outcome::Again { rest, failure, provider_id: None },
                    Some(Reached::Rejected(failure)) => Outcome::Failed(failure),
                }
            }
            (_, Address::Devices(devices)) => outcome(addressee, self.sender.devices(&push, devices).await),
            _ => Outcome::Skipped(Reason::NoAddress),
        }
    }

    async fn bury(
        &self,
        direct: &Direct,
        message: &DirectMessage,
        failure: Failure,
        rest: Addressee,
        to: &Delivery,
        deadline: Millis,
    ) -> Result<(), StoreError> {
        let (ulid, reason) = (message.ulid, failure.reason);
        tracing::warn!(%ulid, attempts = to.attempts, %reason, detail = failure.detail, "given up");
        let (tenant, trace) = (direct.tenant.clone(), direct.trace.clone());
        let left = Direct { tenant: tenant.clone(), messages: vec![left(message, rest.whole())], trace };
        // Strings and numbers only: it always serialises.
        let payload = serde_json::to_string(&DeliveryMessage::Direct(Box::new(left))).unwrap_or_default();
        let note = DeadNote {
            type_key: message.content.type_key.clone(),
            reason,
            detail: failure.detail,
            attempts: to.attempts,
            failed_at: to.at,
        };
        match &message.target {
            // Among the user's letters, so that erasing the user finds it.
            PushTarget::User(user) => {
                let id = NotificationId { ulid, user: user.clone() };
                let channel = self.engine.channel;
                let letter = DeadLetter { tenant, id, channel, note, payload };
                self.engine.persist(deadline, async || self.engine.ledger.bury(&letter).await).await
            }
            PushTarget::Token(_) | PushTarget::Topic(_) => {
                let burying = async || self.engine.ledger.bury_direct(&tenant, ulid, &note, &payload).await;
                self.engine.persist(deadline, burying).await
            }
        }
    }
}

/// The message with what is left of whom it goes to.
fn left(message: &DirectMessage, rest: Addressee) -> DirectMessage {
    let devices = match (&message.target, rest.address) {
        (PushTarget::User(_), Address::Devices(devices)) => Some(devices),
        _ => None,
    };
    DirectMessage { left: devices, reached: rest.reached, refused: rest.refused, ..message.clone() }
}

/// A token says nothing but itself.
fn device(token: &str) -> Device {
    let address = DeviceAddress::Fcm { token: token.to_owned() };
    let (platform, created_at, last_used_at) = (Platform::Android, Millis(0), Millis(0));
    let (device_id, app_version, locale, account) = (None, None, None, None);
    Device { address, platform, device_id, app_version, locale, account, created_at, last_used_at }
}
