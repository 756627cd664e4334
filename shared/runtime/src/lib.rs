//! What every function's `main` is made of: configuration from the environment, AWS clients, logging, the clock.

mod aws;
mod env;
mod logging;

use carillon_domain::Millis;

pub use aws::{Aws, PROVIDER_TIMEOUT};
pub use env::{ConfigError, optional, required};
pub use logging::init as init_logging;

/// What `main` returns: any start-up error ends the process, and Lambda reports it.
pub type MainResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The system's clock: the only place that reads it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "everything else is passed this function")]
pub fn now() -> Millis {
    Millis(jiff::Timestamp::now().as_millisecond())
}
