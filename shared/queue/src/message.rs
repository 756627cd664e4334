//! What goes over the queues. The tag names kind and version (`{"dispatch.v1": {…}}`); a version is never changed,
//! only followed by the next, because old messages are in flight while a new version is deployed.

use std::collections::BTreeMap;

use carillon_domain::{
    AccountId, Address, Channel, ConnectionId, Content, Device, Millis, Reason, Target, TenantId, Ulid,
    UserId, Wording, Wordings,
};
use serde::{Deserialize, Serialize};

use crate::direct::Direct;
use crate::topics::Topics;

/// Where a message came from, for logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// When it was put on its queue.
    pub enqueued_at: Millis,
    /// `X-Amzn-Trace-Id` of the invocation that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xray: Option<String>,
    /// 0 at first; how often this work was sent again.
    #[serde(default)]
    pub attempt: u32,
}

impl Trace {
    /// A first attempt, sent now, by the invocation whose trace Lambda put into the environment.
    #[must_use]
    pub fn starting(now: Millis) -> Self {
        Self { enqueued_at: now, xray: std::env::var("_X_AMZN_TRACE_ID").ok(), attempt: 0 }
    }

    /// The same work, sent again.
    #[must_use]
    pub fn again(&self, now: Millis) -> Self {
        Self { attempt: self.attempt + 1, ..Self::starting(now) }
    }
}

/// Messages of the dispatch queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DispatchMessage {
    /// Decide, store, hand on.
    #[serde(rename = "dispatch.v1")]
    V1(Box<Dispatch>),
    /// Bring a snoozed notification back.
    #[serde(rename = "wake.v1")]
    Wake(Wake),
}

/// Which notification to bring back, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// Whose notification.
    pub user: UserId,
    /// Which.
    pub ulid: Ulid,
    /// Not before this, and only if it is still snoozed until exactly then.
    pub until: Millis,
    /// Where it came from.
    pub trace: Trace,
}

/// One content for up to 100 recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// From the producer's token.
    pub tenant: TenantId,
    /// All recipients' ids share it.
    pub ulid: Ulid,
    /// The `sub` of the producer's token.
    pub producer: String,
    /// What it says.
    pub content: Content,
    /// The type's channels.
    pub channels: Vec<Channel>,
    /// The request's narrowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Vec<Channel>>,
    /// Channels whose condition the request does not meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Channel>,
    /// What it says in the languages of the type's templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wordings: Wordings,
    /// When it was posted.
    #[serde(default)]
    pub accepted_at: Millis,
    /// Whether its deferred channels come back; else it is new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// To whom.
    pub recipients: Vec<Target>,
    /// Where it came from.
    pub trace: Trace,
}

/// Messages of the realtime queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RealtimeMessage {
    /// Post new notifications to live connections.
    #[serde(rename = "realtime.v1")]
    Post(Realtime),
    /// End a connection when its token ends.
    #[serde(rename = "close.v1")]
    Close(Close),
}

/// Notifications to post, grouped by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realtime {
    /// One group a content.
    pub groups: Vec<Group>,
    /// Where it came from.
    pub trace: Trace,
}

/// One content for one or more recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// All recipients' ids share it.
    pub ulid: Ulid,
    /// What it says.
    pub content: Content,
    /// What push says, where its templates say it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<Wording>,
    /// To whom.
    pub recipients: Vec<Target>,
    /// Only these connections: the ones an earlier attempt did not reach. Empty is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<ConnectionId>,
    /// Recipients whose push goes out if no connection takes the notification.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub push: BTreeMap<UserId, FallForward>,
    /// Whether it may be about something the users have dealt with: whoever posts it looks first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
}

/// Where push goes, if it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallForward {
    /// Every device.
    pub devices: Vec<Device>,
    /// For the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

/// Messages of the queues push, email, sms and webhook (which is Slack's too).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryMessage {
    /// Send on one channel.
    #[serde(rename = "delivery.v1")]
    V1(Box<Deliver>),
    /// Send push messages that are of no notification. Push only.
    #[serde(rename = "direct.v1")]
    Direct(Box<Direct>),
    /// Tell FCM who is in which topic. Push only.
    #[serde(rename = "topics.v1")]
    Topics(Box<Topics>),
}

/// One content for one or more recipients on one channel, with all a sender needs but its claim on the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// All recipients' ids share it.
    pub ulid: Ulid,
    /// Which channel.
    pub channel: Channel,
    /// What it says.
    pub content: Content,
    /// To whom, and where.
    pub recipients: Vec<Addressee>,
    /// Where it came from.
    pub trace: Trace,
}

/// A recipient of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// Whose notification.
    pub user: UserId,
    /// Which of the user's accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Where it goes.
    pub address: Address,
    /// For the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Of their devices, how many earlier attempts have reached; those are not in `address` any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reached: u32,
    /// What earlier attempts were refused for good; that is not in `address` any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Box<Refused>>,
}

/// Why some of an address was refused for good, while the rest was still to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What is told if nothing is reached in the end.
    pub reason: Reason,
    /// The provider's own code.
    pub detail: String,
    /// What was refused.
    pub address: Address,
}

impl Addressee {
    /// With what was refused back in the address: all that would have to be sent again.
    #[must_use]
    pub fn whole(mut self) -> Self {
        if let (Address::Devices(left), Some(refused)) = (&mut self.address, self.refused.take())
            && let Address::Devices(devices) = refused.address
        {
            left.extend(devices);
        }
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Which connection to end, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// Whose connection.
    pub user: UserId,
    /// Which.
    pub connection: ConnectionId,
    /// Not before this. SQS delays by 15 minutes at most, so a later end takes several rounds.
    pub at: Millis,
    /// Where it came from.
    pub trace: Trace,
}
