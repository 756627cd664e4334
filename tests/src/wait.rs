//! Waiting for what must happen, never for time to pass.

use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

/// By when anything that must happen has happened. Generous, since a build may be running beside the tests.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Asks until the answer is `Some`.
///
/// # Errors
/// The probe's own, or `what` was still not so at the deadline.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let asking = async {
        loop {
            pace.tick().await;
            if let Some(found) = probe().await? {
                return Ok(found);
            }
        }
    };
    tokio::time::timeout(DEADLINE, asking)
        .await
        .with_context(|| format!("not within {DEADLINE:?}: {what}"))?
}

/// The machine's time, which the functions under test go by too.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "what is tested runs in other processes, on the machine's clock"
    )]
    Timestamp::now()
}
