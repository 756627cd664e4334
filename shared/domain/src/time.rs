//! Time as the system keeps it: milliseconds since the epoch, passed in, never read here.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// Milliseconds since 1970-01-01T00:00:00Z. Stored as a number, shown as RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// Where handlers get the time from; tests pass their own.
pub type Clock = fn() -> Millis;

impl Millis {
    /// Whole seconds since the epoch, rounded down (what DynamoDB's TTL and JWT use).
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by so many seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// This instant moved by so many milliseconds.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Reads RFC 3339 with any offset; digits below a millisecond are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(|time| Self(time.as_millisecond()))
    }

    /// When a ULID was minted.
    #[must_use]
    pub fn of(ulid: Ulid) -> Self {
        Self(i64::try_from(ulid.timestamp_ms()).unwrap_or(i64::MAX))
    }

    /// The ULID's 48-bit time for this instant; what lies outside its range is clamped.
    fn ulid_ms(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0).min((1 << 48) - 1)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

/// A new ULID with this instant as its time.
#[must_use]
pub fn mint(now: Millis) -> Ulid {
    Ulid::from_parts(now.ulid_ms(), Ulid::generate().random())
}

/// A new ULID that sorts after `floor`, even if the clock is behind it.
#[must_use]
pub fn mint_after(now: Millis, floor: Option<Ulid>) -> Ulid {
    let after = floor.map_or(Millis(0), |ulid| Millis::of(ulid).plus_millis(1));
    mint(now.max(after))
}

/// The smallest ULID of an instant: a bound for ranges.
#[must_use]
pub fn ulid_at(time: Millis) -> Ulid {
    Ulid::from_parts(time.ulid_ms(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_with_milliseconds() {
        assert_eq!(Millis(1_700_000_000_000).to_string(), "2023-11-14T22:13:20.000Z");
        assert_eq!(Millis::parse("2023-11-14T23:13:20.0129+01:00"), Some(Millis(1_700_000_000_012)));
        assert_eq!(Millis::parse("yesterday"), None);
    }

    #[test]
    fn a_mint_sorts_after_its_floor_even_with_a_slow_clock() {
        let floor = mint(Millis(5_000));
        assert!(mint_after(Millis(1_000), Some(floor)) > floor);
        assert_eq!(Millis::of(mint_after(Millis(9_000), Some(floor))), Millis(9_000));
    }
}
