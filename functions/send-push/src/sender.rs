//! One recipient: all devices at once.

use std::time::Duration;

use carillon_domain::{
    Address, Clock, Content, Device, DeviceAddress, Millis, NotificationId, Reason, TenantId, Ulid, UserId,
};
use carillon_queue::Deliver;
use carillon_sender::{Outcome, Provider, Sending};
use carillon_store::{DeviceRef, Recipients, Scope, StoreError};
use futures::future::join_all;

use crate::fcm::{Fcm, Message, Target};
use crate::lanes::Lanes;
use crate::outcome::{Attempted, outcome};
use crate::reached::Reached;
use crate::time_left::{self, TimeLeft};
use crate::web_push::WebPush;

/// That a device is in use is noted when the last note of it is so old. It counts in months, and a daily note would be half of
/// what a push writes.
const FRESH_DAYS: i64 = 14;
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// What is noted about a device takes no longer than this, and leaves this much to note what became of the recipient.
const NOTE_MILLIS: i64 = 3_000;

/// What is sent, and until when.
pub(crate) struct Push<'a> {
    pub(crate) tenant: &'a TenantId,
    /// Whose devices they are, if that is known.
    pub(crate) user: Option<&'a UserId>,
    /// What logs know it by: what devices do tells of the user.
    pub(crate) ulid: Ulid,
    /// What devices know it by.
    pub(crate) id: String,
    pub(crate) content: &'a Content,
    pub(crate) deadline: Millis,
}

/// Sends to devices by whichever service each is reached by.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) fcm: Fcm,
    web_push: WebPush,
    pub(crate) recipients: Recipients,
    clock: Clock,
    pub(crate) lanes: Lanes,
}

impl Sender {
    /// By these services; devices that are gone are removed from `recipients`.
    pub(crate) fn new(fcm: Fcm, web_push: WebPush, recipients: Recipients, clock: Clock) -> Self {
        Self { fcm, web_push, recipients, clock, lanes: Lanes::new() }
    }

    /// A user's devices in use.
    pub(crate) async fn devices_of(
        &self,
        tenant: &TenantId,
        user: &UserId,
        now: Millis,
    ) -> Result<Vec<Device>, StoreError> {
        let scope = Scope { tenant: tenant.clone(), user: user.clone(), account: None };
        let devices = self.recipients.devices(&scope, now).await?;
        Ok(devices.into_iter().map(|(_, device)| device).collect())
    }

    /// Those of these devices that are still the user's, as they are now. By the time of a retry somebody else may have
    /// logged in on one, and must not be shown what is not theirs.
    pub(crate) async fn still_theirs(
        &self,
        tenant: &TenantId,
        user: &UserId,
        devices: &[Device],
        now: Millis,
    ) -> Result<Vec<Device>, StoreError> {
        let mut theirs = self.devices_of(tenant, user, now).await?;
        theirs.retain(|one| devices.iter().any(|left| left.address.identity() == one.address.identity()));
        Ok(theirs)
    }

    /// To all of these devices at once. Requests count against those of all others.
    pub(crate) async fn devices<'d>(&self, push: &Push<'_>, devices: &'d [Device]) -> Vec<Attempted<'d>> {
        let by_fcm = devices.iter().any(|device| matches!(device.address, DeviceAddress::Fcm { .. }));
        let message = by_fcm.then(|| Message::new(push.content, &push.id, (self.clock)()));
        let attempts =
            devices.iter().map(async |device| (device, self.one(push, message.as_ref(), device).await));
        join_all(attempts).await
    }

    /// To all devices of a topic, by FCM's name for it. None: there is no time left to begin with it.
    pub(crate) async fn topic(&self, push: &Push<'_>, name: &str) -> Option<Reached> {
        let message = Message::new(push.content, &push.id, (self.clock)());
        let _turn = self.lanes.fcm().await;
        self.fcm.send(&message, Target::Topic(name), push.time(self.clock)).await
    }

    async fn one(&self, push: &Push<'_>, message: Option<&Message>, device: &Device) -> Option<Reached> {
        let time = push.time(self.clock);
        let reached = match (&device.address, message) {
            (DeviceAddress::Fcm { token }, Some(message)) => {
                let _turn = self.lanes.fcm().await;
                self.fcm.send(message, Target::Token(token), time).await?
            }
            _ => {
                // One that must not be asked is refused without a turn.
                let _turn = match self.web_push.origin(device) {
                    Some(origin) => Some(self.lanes.web_push(origin).await),
                    None => None,
                };
                if !time.enough() {
                    return None;
                }
                self.web_push.send(push.content, &push.id, device, time).await?
            }
        };
        if let Some(user) = push.user {
            self.note(push, user, device, &reached, time).await;
        }
        Some(reached)
    }

    /// Takes away a device that is gone, and notes now and then that one was reached. Should it fail, the next push finds
    /// the same: a push that went out is not to be repeated for that.
    async fn note(&self, push: &Push<'_>, user: &UserId, device: &Device, reached: &Reached, time: TimeLeft) {
        let (tenant, ulid) = (push.tenant, push.ulid);
        let identity = device.address.identity();
        let now = time.now();
        let gone = match reached {
            Reached::Gone => true,
            Reached::Sent(_) if is_stale(device.last_used_at, now) => false,
            Reached::Sent(_) | Reached::Retry(_) | Reached::Rejected(_) => return,
        };
        let noting = async {
            let _turn = self.lanes.note().await;
            if gone {
                let scope = Scope { tenant: tenant.clone(), user: user.clone(), account: None };
                let removed = self.recipients.unregister(&scope, DeviceRef::Identity(identity)).await?;
                tracing::info!(%ulid, removed, "a device is gone");
            } else {
                self.recipients.device_reached(tenant, user, identity, now).await?;
            }
            Ok::<_, StoreError>(())
        };
        let millis = NOTE_MILLIS.min(time.millis() - NOTE_MILLIS);
        let within = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
        // Boxed: the SDK's futures are large, and they would be part of every device's.
        let problem = match tokio::time::timeout(within, Box::pin(noting)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => String::from("no time"),
        };
        tracing::warn!(%ulid, problem, "a device could not be noted");
    }
}

impl Provider for Sender {
    async fn send(&self, sending: &Sending<'_>) -> Outcome {
        let Address::Devices(devices) = &sending.addressee.address else {
            return Outcome::Skipped(Reason::NoAddress);
        };
        let Deliver { tenant, ulid, content, .. } = sending.message;
        let user = sending.addressee.user.clone();
        let id = NotificationId { ulid: *ulid, user: user.clone() }.to_string();
        let push = Push { tenant, user: Some(&user), ulid: *ulid, id, content, deadline: sending.deadline };
        if sending.message.trace.attempt == 0 {
            return outcome(sending.addressee, self.devices(&push, devices).await);
        }
        match self.still_theirs(tenant, &user, devices, sending.now).await {
            Ok(mut devices) => {
                // As it was decided: one of another account does not show this one's.
                let account = &sending.addressee.account;
                devices.retain(|one| one.account.is_none() || one.account == *account);
                outcome(sending.addressee, self.devices(&push, &devices).await)
            }
            Err(error) => {
                tracing::warn!(%ulid, code = error.code(), %error, "the devices could not be looked at");
                Outcome::Later { rest: sending.addressee.clone() }
            }
        }
    }
}

impl Push<'_> {
    fn time(&self, clock: Clock) -> TimeLeft {
        time_left::until(clock, self.deadline)
    }
}

fn is_stale(last_used_at: Millis, now: Millis) -> bool {
    last_used_at.plus_seconds(FRESH_DAYS * DAY_SECONDS) <= now
}
