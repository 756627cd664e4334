//! What became of a notification.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::text::{Id, NotificationId, Tag, Time, TypeKey};
use super::words::{Category, Channel, DeliveryState, Priority, Reason};

/// What became of a notification.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Trace {
    /// It is in the inbox.
    Stored(StoredTrace),
    /// It was decided not to store it.
    Unstored(UnstoredTrace),
    /// It was withdrawn.
    Cancelled(Cancelled),
}

/// It is in the recipient's inbox.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredTrace {
    id: NotificationId,
    r#type: TypeKey,
    category: Category,
    priority: Priority,
    title: String,
    body: String,
    tags: Vec<Tag>,
    user_id: Id,
    account_id: Option<Id>,
    org_id: Option<Id>,
    created_at: Time,
    /// From then on the interrupting channels do not go out any more.
    expires_at: Time,
    /// `socket` where a live connection took it and push was therefore not needed; `push` where push went out.
    #[schema(required)]
    sent_via: Option<SentVia>,
    /// One entry per channel of the type.
    deliveries: BTreeMap<Channel, Delivery>,
}

/// It was decided that it is not stored. Known for 7 days.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnstoredTrace {
    id: NotificationId,
    r#type: TypeKey,
    priority: Priority,
    user_id: Id,
    account_id: Option<Id>,
    created_at: Time,
    /// One entry per channel of the type.
    deliveries: BTreeMap<Channel, Delivery>,
}

/// One notification on one channel.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    state: DeliveryState,
    #[schema(required)]
    reason: Option<Reason>,
    attempts: u32,
    /// When it came to this state.
    at: Time,
    /// While it is deferred: until when. After an attempt that failed: not before when the next is made.
    until: Option<Time>,
    /// What the last attempt met: the provider's own code.
    detail: Option<String>,
    /// What the provider calls it.
    provider_id: Option<String>,
}

/// By which way a notification interrupted its recipient.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum SentVia {
    Socket,
    Push,
}

/// It was withdrawn before it was stored.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancelled {
    id: NotificationId,
    #[schema(pattern = "^cancelled$")]
    status: String,
    cancelled_at: Time,
}

/// What a cancellation did.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum CancelDone {
    /// All of it.
    Whole(Cancelled),
    /// It is in the inbox; what had not gone out yet does not.
    Part(PartlyCancelled),
}

/// It is in the inbox, and the channels that were still waiting are cancelled.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartlyCancelled {
    id: NotificationId,
    #[schema(pattern = "^partly_cancelled$")]
    status: String,
    cancelled_at: Time,
    /// Those that were cancelled.
    channels: Vec<Channel>,
    deliveries: BTreeMap<Channel, Delivery>,
}
