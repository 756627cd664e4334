//! One notification × one channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Channel, Decision, DeliveryState, Millis, Priority, Reason, Verdict};

/// The state of every channel of the type.
pub type Deliveries = BTreeMap<Channel, Delivery>;

/// How far one channel got, and why not further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Only moves forward.
    pub state: DeliveryState,
    /// Why it was skipped or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// When the state was reached.
    pub at: Millis,
    /// While deferred: until when. While sending: until when the sender's claim holds. While pending after an attempt: not
    /// before when the next is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// What the last attempt met: the provider's own code, such as `UNREGISTERED` or `503`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the provider calls it; of several devices, the first's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
}

/// By which way a notification interrupted its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SentVia {
    /// A live connection took it, so push was not needed.
    Socket,
    /// Push went out.
    Push,
}

/// By which way it went, as far as push tells; None where it did not go out, or not yet.
#[must_use]
pub fn sent_via(deliveries: &Deliveries) -> Option<SentVia> {
    let push = deliveries.get(&Channel::Push)?;
    match push.state {
        DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Opened => Some(SentVia::Push),
        DeliveryState::Skipped if push.reason == Some(Reason::Online) => Some(SentVia::Socket),
        DeliveryState::Pending
        | DeliveryState::Deferred
        | DeliveryState::Sending
        | DeliveryState::Failed
        | DeliveryState::Skipped
        | DeliveryState::Bounced
        | DeliveryState::Cancelled => None,
    }
}

/// What is remembered of a notification that was never stored, so that its producer can ask why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unstored {
    /// The registry key.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The `sub` of the producer's token, who may ask about it.
    pub producer: String,
    /// The request's, else the type's.
    pub priority: Priority,
    /// Which of the user's accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The time in the id.
    pub created_at: Millis,
    /// Every channel of the type.
    pub deliveries: Deliveries,
}

impl Delivery {
    /// The delivery a decision starts. `in_app` is sent by being stored; the others wait for their sender.
    #[must_use]
    pub fn of(channel: Channel, decision: Decision, at: Millis) -> Self {
        let new = |state, reason, attempts| Self {
            state,
            reason,
            attempts,
            at,
            until: None,
            detail: None,
            provider_id: None,
        };
        match (decision, channel) {
            (Decision::Skip(reason), _) => new(DeliveryState::Skipped, Some(reason), 0),
            (Decision::Defer(until), _) => {
                let deferred = new(DeliveryState::Deferred, Some(Reason::QuietHours), 0);
                Self { until: Some(until), ..deferred }
            }
            (Decision::Send, Channel::InApp) => new(DeliveryState::Sent, None, 1),
            (
                Decision::Send,
                Channel::Push | Channel::Email | Channel::Sms | Channel::Webhook | Channel::Slack,
            ) => new(DeliveryState::Pending, None, 0),
        }
    }
}

impl Verdict {
    /// The deliveries it starts.
    #[must_use]
    pub fn deliveries(&self, at: Millis) -> Deliveries {
        let started = |(&channel, &decision): (&Channel, &Decision)| {
            let mut delivery = Delivery::of(channel, decision, at);
            if channel == Channel::InApp && decision == Decision::Send && !self.post {
                delivery.reason = Some(Reason::ChannelDisabledForType);
            }
            (channel, delivery)
        };
        self.channels.iter().map(started).collect()
    }
}
