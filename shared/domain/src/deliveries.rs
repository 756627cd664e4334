//! One notification × one channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Channel, Decision, DeliveryState, Millis, Reason};

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
}

impl Delivery {
    /// The delivery a decision starts. `in_app` is sent by being stored; the others wait for their sender.
    #[must_use]
    pub fn of(channel: Channel, decision: Decision, at: Millis) -> Self {
        let (state, reason, attempts) = match (decision, channel) {
            (Decision::Skip(reason), _) => (DeliveryState::Skipped, Some(reason), 0),
            (Decision::Send, Channel::InApp) => (DeliveryState::Sent, None, 1),
            (
                Decision::Send,
                Channel::Push | Channel::Email | Channel::Sms | Channel::Webhook | Channel::Slack,
            ) => (DeliveryState::Pending, None, 0),
        };
        Self { state, reason, attempts, at }
    }
}
