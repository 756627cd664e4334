//! What every sender of a channel shares: claim, outcome, retry, dead letter.
//!
//! A sender is a [`Provider`]: it is handed one recipient's delivery at a time, claimed, and says what became of it. What
//! follows from that (the row's state, another attempt, a dead letter) is [`work`]'s, and the same for all channels.
//!
//! Whatever is killed wherever: a recipient is never lost, because what is left of them is on the queue before the row says
//! so; and nobody who was reached is sent the same again, unless an invocation died between the provider's answer and the
//! row.
//!
//! Who has other rows to claim than a notification's works through them itself, by [`Attempt`].

mod again;
mod engine;
mod lane;
mod lookup;
mod next;
mod outcome;
mod reading;
mod recipient;
mod refusal;
mod rows;
mod settings;
mod time_left;

pub use engine::{Engine, work};
pub use lane::{Lane, LaneTurn};
pub use lookup::Lookup;
pub use next::{Attempt, Next};
pub use outcome::{Failure, Outcome, Provider, Sending};
pub use refusal::{Refusal, RefusalKind};
pub use rows::Rows;
pub use settings::{EngineSettings, QueueVariables, SettingsError};
pub use time_left::TimeLeft;
