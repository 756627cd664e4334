//! One recipient: all devices at once.

use std::time::Duration;

use carillon_domain::{
    Address, Clock, Content, Device, DeviceAddress, Millis, NotificationId, Reason, TenantId, UserId,
};
use carillon_queue::Deliver;
use carillon_sender::{Outcome, Provider, Sending};
use carillon_store::{DeviceRef, Recipients, Scope, StoreError};
use futures::future::join_all;
use tokio::sync::Semaphore;

use crate::fcm::{Fcm, Message, Target};
use crate::outcome::{Attempted, outcome};
use crate::reached::Reached;
use crate::time_left::TimeLeft;
use crate::web_push::WebPush;

/// Requests at a time, of all recipients of an invocation: as many as FCM takes on one connection.
const IN_FLIGHT: usize = 100;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// What is noted about a device takes no longer than this, and leaves this much to note what became of the recipient.
const NOTE_MILLIS: i64 = 3_000;

/// What is sent, and until when.
pub(crate) struct Push<'a> {
    pub(crate) tenant: &'a TenantId,
    /// Whose devices they are, if that is known.
    pub(crate) user: Option<&'a UserId>,
    /// What devices know it by.
    pub(crate) id: String,
    pub(crate) content: &'a Content,
    pub(crate) deadline: Millis,
}

/// Sends to devices by whichever service each is reached by.
#[derive(Debug)]
pub(crate) struct Sender {
    fcm: Fcm,
    web_push: WebPush,
    recipients: Recipients,
    clock: Clock,
    in_flight: Semaphore,
}

impl Sender {
    /// By these services; devices that are gone are removed from `recipients`.
    pub(crate) fn new(fcm: Fcm, web_push: WebPush, recipients: Recipients, clock: Clock) -> Self {
        Self { fcm, web_push, recipients, clock, in_flight: Semaphore::new(IN_FLIGHT) }
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
        let permit = self.in_flight.acquire().await;
        let reached = self.fcm.send(&message, Target::Topic(name), push.time(self.clock)).await;
        drop(permit);
        reached
    }

    async fn one(&self, push: &Push<'_>, message: Option<&Message>, device: &Device) -> Option<Reached> {
        let time = push.time(self.clock);
        // It is never closed, so an error is none.
        let permit = self.in_flight.acquire().await;
        if !time.enough() {
            return None;
        }
        let reached = match (&device.address, message) {
            (DeviceAddress::Fcm { token }, Some(message)) => {
                self.fcm.send(message, Target::Token(token), time).await?
            }
            _ => self.web_push.send(push.content, &push.id, device, time).await?,
        };
        drop(permit);
        if let Some(user) = push.user {
            self.note(push, user, device, &reached, time).await;
        }
        Some(reached)
    }

    /// Takes away a device that is gone, and notes once a day that one was reached. Should it fail, the next push finds
    /// the same: a push that went out is not to be repeated for that.
    async fn note(&self, push: &Push<'_>, user: &UserId, device: &Device, reached: &Reached, time: TimeLeft) {
        let (tenant, id) = (push.tenant, &push.id);
        let identity = device.address.identity();
        let now = time.now();
        let noting = async {
            match reached {
                Reached::Gone => {
                    let scope = Scope { tenant: tenant.clone(), user: user.clone(), account: None };
                    let removed = self.recipients.unregister(&scope, DeviceRef::Identity(identity)).await?;
                    tracing::info!(%id, %user, removed, "a device is gone");
                }
                Reached::Sent(_) if another_day(device.last_used_at, now) => {
                    self.recipients.device_reached(tenant, user, identity, now).await?;
                }
                Reached::Sent(_) | Reached::Retry(_) | Reached::Rejected(_) => {}
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
        tracing::warn!(%id, %user, problem, "a device could not be noted");
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
        let push = Push { tenant, user: Some(&user), id, content, deadline: sending.deadline };
        outcome(sending.addressee, self.devices(&push, devices).await)
    }
}

impl Push<'_> {
    fn time(&self, clock: Clock) -> TimeLeft {
        TimeLeft::new(clock, self.deadline)
    }
}

fn another_day(last_used_at: Millis, now: Millis) -> bool {
    last_used_at.0.div_euclid(DAY_MILLIS) < now.0.div_euclid(DAY_MILLIS)
}
