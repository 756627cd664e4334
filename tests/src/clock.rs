//! Local clocks, so that a test's day does not end in the middle of it.

use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A zone in which it is about noon now.
#[must_use]
pub fn midday() -> String {
    let hour = crate::now().to_zoned(TimeZone::UTC).hour();
    // The names have the sign the other way round: Etc/GMT-3 is three hours ahead.
    format!("Etc/GMT{:+}", hour - 12)
}

/// Seconds from now, cut to the minute.
///
/// # Errors
/// If that is beyond all calendars.
pub fn minute(seconds: i64) -> Result<Timestamp> {
    let at = crate::now().checked_add(SignedDuration::from_secs(seconds))?;
    Ok(Timestamp::from_second(at.as_second().div_euclid(60) * 60)?)
}

/// `22:00`, on this zone's clock.
///
/// # Errors
/// If there is no such zone.
pub fn local(at: Timestamp, zone: &str) -> Result<String> {
    Ok(at.in_tz(zone)?.strftime("%H:%M").to_string())
}
