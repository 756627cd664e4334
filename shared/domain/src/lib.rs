//! The pure part of Carillon: ids, vocabulary, the type registry, decisions, requests and frames.
//!
//! Nothing here does I/O, knows an AWS type, or reads a clock: time and randomness are passed in.

mod causes;
mod content;
mod decision;
mod deliveries;
mod direct;
mod feedback;
mod frame;
mod ids;
mod input;
mod json_text;
mod layout;
mod limits;
mod locale;
mod messaging;
mod notification;
mod quiet;
mod recipient;
mod registry;
mod request;
mod retry;
mod sms;
mod socket;
mod suppression;
mod tenant;
mod time;
mod time_of_day;
mod validate;
mod vocabulary;

pub use causes::causes;
pub use content::{
    Content, MAX_FRAME_BYTES, MAX_PUSH_BODY_BYTES, Sender, Target, Texts, Wording, Wordings, wording,
};
pub use decision::{Address, Decision, Question, Round, Verdict, consents, decide, may_subscribe};
pub use deliveries::{Deliveries, Delivery, SentVia, Unstored, sent_via};
pub use direct::{DirectPush, GoneDevice, PushId, PushTarget, topic_members, topic_name};
pub use feedback::{Feedback, Move};
pub use frame::{
    Event, bulk_change_frames, bulk_read_frames, change_frame, error_frame, frame, notification_frame,
    read_all_frame,
};
pub use ids::{AccountId, ConnectionId, IdError, NotificationId, OrgId, TenantId, UserId};
pub use input::{FieldError, InputError, parse_json};
pub use json_text::JsonText;
pub use layout::{CONTENT, Layout};
pub use limits::{Counted, Limits};
pub use locale::{fallbacks, is_locale, is_right_to_left};
pub use messaging::{Brand, EmailSettings, SmsSettings};
pub use notification::{InboxView, Notification, ReadMark, ReadMarks};
pub use quiet::{Quiet, local_day, quiet, zone};
pub use recipient::{
    AppSettings, BulkProfiles, Device, DeviceAddress, Digest, Frequency, Platform, Preferences, Profile,
    QuietHours, Recipient, Silence, Subscription, TypePreference, Unregister,
};
pub use registry::{
    EmailTemplates, FrequencyCap, LocalTemplates, NotificationType, PushTemplates, Registry, RegistryError,
    Templates, TenantTypes, TextKind, UnknownType, Window, is_key,
};
pub use request::{Accepted, CreateNotification, RequestError};
pub use retry::{RetrySchedule, RetryScheduleError};
pub use sms::{Sms, SmsEncoding};
pub use socket::{Caller, Room, RoomError, SocketContext};
pub use suppression::Suppression;
pub use tenant::{PROMOTIONS, QuietAction, TenantSettings, Throttle, ThrottleMode};
pub use time::{Clock, Millis, mint, mint_after, ulid_at};
pub use time_of_day::TimeOfDay;
pub use ulid::Ulid;
pub use vocabulary::{Category, Channel, DeliveryState, Priority, PushPolicy, Reason, SuppressedFor};
