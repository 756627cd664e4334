//! Push messages past the inbox.

use serde_json::Value;
use utoipa::ToSchema;

use super::text::{FcmToken, Id, Line64, Link, PushId, Time, Title, TopicName};
use super::words::{DeliveryState, PriorityInput, PushTarget, Reason};

/// One message, or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum PushRequest {
    /// One.
    One(PushMessage),
    /// Several.
    Several(PushMessages),
}

/// Several messages.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushMessages {
    #[schema(min_items = 1, max_items = 500)]
    messages: Vec<PushMessage>,
}

/// A message. Exactly one of `token`, `topic` and `user` must be given. Null is the same as left out.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushMessage {
    token: Option<FcmToken>,
    /// The tenant's own name for it: all devices subscribed to it.
    topic: Option<TopicName>,
    /// All devices of this user, by FCM and Web Push.
    user: Option<Id>,
    title: Title,
    body: Option<String>,
    /// FCM takes texts only: what is none becomes its JSON text.
    #[schema(value_type = Option<Object>, additional_properties)]
    data: Option<Value>,
    image_url: Option<Link>,
    action_url: Option<Link>,
    /// Default: normal.
    priority: Option<PriorityInput>,
    /// Default: a day.
    #[schema(minimum = 1, maximum = 2_592_000)]
    ttl_seconds: Option<u32>,
    /// Messages of one key replace each other on a device.
    collapse_key: Option<Line64>,
    /// A label of one's own, for FCM's analytics and the app. Default: direct.
    r#type: Option<Line64>,
}

/// In the order of the messages.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectAccepted {
    #[schema(min_items = 1, max_items = 500)]
    data: Vec<AcceptedPush>,
}

/// A message that is queued.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedPush {
    id: PushId,
    target: PushTarget,
}

/// How far a message got.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectDelivery {
    id: PushId,
    target: PushTarget,
    state: DeliveryState,
    reason: Option<Reason>,
    /// What the last attempt met: the provider's own code.
    detail: Option<String>,
    attempts: u32,
    /// When it came to this state.
    at: Time,
    /// What the provider calls it; of several devices, the first's.
    provider_id: Option<String>,
}

/// Users who join or leave a topic.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicMembers {
    #[schema(min_items = 1, max_items = 1_000)]
    recipients: Vec<Id>,
}

/// How many different users there were.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicUpdated {
    topic: TopicName,
    updated: u32,
}

/// The topics a user was put in.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserTopics {
    data: Vec<TopicName>,
}
