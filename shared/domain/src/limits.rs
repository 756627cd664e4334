//! What was counted against frequency caps and throttle.

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{Category, FrequencyCap, Millis, Priority, Throttle};

/// The row `limits` of a recipient: what was counted and may still matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Goes up by one with every write; a write that expects another loses. 0: there is no row.
    #[serde(default)]
    pub version: u64,
    /// Oldest first.
    #[serde(default)]
    pub counted: Vec<Counted>,
}

/// One notification that was counted, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Which.
    pub ulid: Ulid,
    /// When.
    pub at: Millis,
    /// Its type.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its category.
    pub category: Category,
    /// Its priority.
    pub priority: Priority,
    /// The recipient's local day, `2026-11-21`.
    pub day: String,
    /// The ISO week of that day, `2026-W47`.
    pub week: String,
    /// Whether the throttle counts it.
    #[serde(default)]
    pub throttled: bool,
    /// Whether a cap counts it.
    #[serde(default)]
    pub capped: bool,
}

/// Nothing older is asked about: an ISO week, and a day for zones that change.
const KEPT_SECONDS: i64 = 9 * 86_400;
/// What one row may hold. A recipient with more than this in nine days has caps that do not protect anybody.
const MAX_COUNTED: usize = 4_000;

impl Limits {
    /// Whether this notification was counted.
    #[must_use]
    pub fn has(&self, ulid: Ulid) -> bool {
        self.counted.iter().any(|one| one.ulid == ulid)
    }

    /// Whether a cap is reached, on this local day and in this ISO week, by what `of` picks.
    #[must_use]
    pub fn reached(&self, cap: FrequencyCap, day: &str, week: &str, of: impl Fn(&Counted) -> bool) -> bool {
        let capped = || self.counted.iter().filter(|one| one.capped && of(one));
        let full =
            |allowed: Option<u32>, count: usize| allowed.is_some_and(|allowed| count >= allowed as usize);
        full(cap.per_day, capped().filter(|one| one.day == day).count())
            || full(cap.per_week, capped().filter(|one| one.week == week).count())
    }

    /// Whether the throttle lets no more of this priority through.
    #[must_use]
    pub fn throttled(&self, throttle: Throttle, priority: Priority, now: Millis) -> bool {
        let since = now.plus_seconds(-i64::from(throttle.window_seconds));
        let within = |one: &&Counted| one.throttled && one.priority == priority && one.at > since;
        self.counted.iter().filter(within).count() >= throttle.limit as usize
    }

    /// The next version, with one more, and without what no longer matters.
    #[must_use]
    pub fn with(&self, one: Counted, throttle: Throttle) -> Self {
        let now = one.at;
        let window = now.plus_seconds(-i64::from(throttle.window_seconds));
        let week = now.plus_seconds(-KEPT_SECONDS);
        let matters = |old: &&Counted| (old.capped && old.at > week) || (old.throttled && old.at > window);
        let mut counted: Vec<Counted> = self.counted.iter().filter(matters).cloned().collect();
        counted.push(one);
        let surplus = counted.len().saturating_sub(MAX_COUNTED);
        counted.drain(..surplus);
        Self { version: self.version + 1, counted }
    }

    /// Until when the row is needed, if nothing is added.
    #[must_use]
    pub fn keep_until(&self, throttle: Throttle) -> Millis {
        let end = |one: &Counted| {
            let seconds = if one.capped { KEPT_SECONDS } else { i64::from(throttle.window_seconds) };
            one.at.plus_seconds(seconds)
        };
        self.counted.iter().map(end).max().unwrap_or_default()
    }
}
