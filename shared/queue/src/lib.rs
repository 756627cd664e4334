//! Typed SQS messages: what they say, how a batch of them is worked through, how they are sent.
//!
//! Standard queues deliver at least once and in any order; every message is self-contained and every handler
//! idempotent.

mod batch;
mod deliver;
mod direct;
mod message;
mod pack;
mod schedule;
mod send;
mod topics;
mod wake;

pub use batch::{RecordError, process};
pub use deliver::pack_recipients;
pub use direct::{Direct, DirectMessage, pack_direct};
pub use message::{
    Addressee, Close, Deliver, DeliveryMessage, Dispatch, DispatchMessage, FallForward, Group, Realtime,
    RealtimeMessage, Refused, Trace, Wake,
};
pub use pack::pack;
pub use schedule::{Later, Punctuality, Schedules};
pub use send::{MAX_DELAY_SECONDS, Outgoing, Queue, QueueError};
pub use topics::Topics;
