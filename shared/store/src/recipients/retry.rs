//! Waiting between attempts of writes that lost to each other.

use std::time::Duration;

use carillon_domain::Ulid;
use tokio::time::Instant;

/// The first wait is below this, or below what the attempt took: who takes longer is likelier to be overtaken.
const LEAST: Duration = Duration::from_millis(32);
/// Only a crowd gets to wait so long.
const MOST: Duration = Duration::from_secs(4);

/// Sleeps a random time below a bound that doubles with each attempt: those who collided once then rarely do again.
pub(super) async fn pause(attempt: u32, began: Instant) {
    let bound = began.elapsed().max(LEAST).saturating_mul(1 << attempt.min(16)).min(MOST);
    let millis = u64::try_from(Ulid::generate().random() % bound.as_millis()).unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
