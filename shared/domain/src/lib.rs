//! The pure part of Carillon: ids, vocabulary, the type registry, decisions, requests and frames.
//!
//! Nothing here does I/O, knows an AWS type, or reads a clock: time and randomness are passed in.

mod causes;
mod content;
mod decision;
mod deliveries;
mod frame;
mod ids;
mod json_text;
mod notification;
mod registry;
mod request;
mod socket;
mod time;
mod validate;
mod vocabulary;

pub use causes::causes;
pub use content::{Content, MAX_FRAME_BYTES, Sender, Target};
pub use decision::{Decision, decide};
pub use deliveries::{Deliveries, Delivery};
pub use frame::{Event, change_frame, error_frame, frame, notification_frame};
pub use ids::{AccountId, ConnectionId, IdError, NotificationId, OrgId, TenantId, UserId};
pub use json_text::JsonText;
pub use notification::{InboxView, Notification, ReadMark, ReadMarks};
pub use registry::{NotificationType, Registry, RegistryError, UnknownType};
pub use request::{Accepted, CreateNotification, RequestError};
pub use socket::{Caller, SocketContext};
pub use time::{Clock, Millis, mint, mint_after, ulid_at};
pub use ulid::Ulid;
pub use vocabulary::{Category, Channel, DeliveryState, Priority, Reason};
