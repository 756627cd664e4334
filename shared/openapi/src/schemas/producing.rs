//! What producers post.

use serde_json::Value;
use utoipa::ToSchema;

use super::text::{Email, Id, Line64, Line128, Line255, Link, NotificationId, Phone, Tag, Title};
use super::words::{Channel, PriorityInput};

/// A notification to be sent. One of `recipient` and `recipients` must be given. Null is the same as left out.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateNotification {
    /// A key of the tenant's registry.
    #[schema(format = "notification-type")]
    r#type: String,
    recipient: Option<Recipient>,
    /// Different users.
    #[schema(min_items = 1, max_items = 100)]
    recipients: Option<Vec<Recipient>>,
    /// May be left out where the type has a template for it.
    title: Option<Title>,
    /// The type's template if left out.
    body: Option<String>,
    /// Stored and shown exactly as given, never interpreted; templates see its members by name.
    #[schema(value_type = Option<Object>, additional_properties)]
    data: Option<Value>,
    #[schema(max_items = 32)]
    tags: Option<Vec<Tag>>,
    /// Default: the type's. A marketing type's cannot be critical.
    priority: Option<PriorityInput>,
    /// Narrows the type's channels; never widens them, never removes `in_app`.
    channels: Option<Vec<Channel>>,
    /// Who caused it.
    actor_id: Option<Line128>,
    sender: Option<SenderInput>,
    /// A mailbox folder.
    folder: Option<Line255>,
    /// Of every recipient who names none.
    account_id: Option<Id>,
    /// Of every recipient who names none.
    org_id: Option<Id>,
    action_url: Option<Link>,
    image_url: Option<Link>,
    /// Notifications of one key replace each other on a device.
    collapse_key: Option<Line64>,
    /// RFC 3339, at most a year ahead: it goes out, and its id and creation time are, then.
    #[schema(format = DateTime, example = "2027-01-04T08:00:00+01:00")]
    scheduled_for: Option<String>,
    /// Bounds the interrupting channels, not the inbox. Default: the type's.
    #[schema(minimum = 1, maximum = 2_592_000)]
    ttl_seconds: Option<u32>,
}

/// Who it says it is from.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SenderInput {
    #[schema(max_length = 255, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    name: String,
    email: Option<Email>,
}

/// A user's id, or an object.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Recipient {
    /// The id alone.
    Id(Id),
    /// With more.
    Whole(WholeRecipient),
}

/// A recipient. A contact given here is used for this notification only.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WholeRecipient {
    user_id: Id,
    account_id: Option<Id>,
    org_id: Option<Id>,
    email: Option<Email>,
    phone: Option<Phone>,
}

/// It is queued, durably: `id` for one recipient, `ids` for several, in their order.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Accepted {
    /// It came as `recipient`.
    One(AcceptedOne),
    /// It came as `recipients`.
    Many(AcceptedMany),
}

/// The id of the notification.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedOne {
    id: NotificationId,
}

/// The ids of the notifications, in the order of the recipients.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedMany {
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<NotificationId>,
}
