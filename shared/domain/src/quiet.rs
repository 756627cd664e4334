//! Quiet hours: windows on a local clock, across midnight and daylight saving.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::{Millis, TimeOfDay, Window};

/// Whether an instant is in a window, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// Outside.
    No,
    /// Inside, until then.
    Until(Millis),
    /// Inside, without an end: the window is the whole day.
    Always,
}

/// The zone of that name, if there is one.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some())
}

/// The local day and its ISO week: `2026-11-21`, `2026-W47`.
#[must_use]
pub fn local_day(zone: &TimeZone, now: Millis) -> (String, String) {
    let date = date_of(zone, now);
    let week = date.iso_week_date();
    (date.to_string(), format!("{}-W{:02}", week.year(), week.week()))
}

/// A window opens at the first instant and closes at the last at which the local clock shows its edges: where the clock
/// shows an edge twice, it is quiet in between; where it jumps over an edge, the jump is the edge.
#[must_use]
pub fn quiet(window: Window, zone: &TimeZone, now: Millis) -> Quiet {
    if window.start == window.end {
        return Quiet::Always;
    }
    let today = date_of(zone, now);
    // Two days back: a zone may skip a whole day (Pacific/Apia, 30 December 2011).
    let days = [-2, -1, 0, 1, 2].map(|offset| today.saturating_add(jiff::Span::new().days(offset)));
    let spans: Vec<(Millis, Millis)> = days.into_iter().filter_map(|day| span(window, zone, day)).collect();
    let end_at =
        |time: Millis| spans.iter().find(|(start, end)| *start <= time && time < *end).map(|(_, end)| *end);
    let Some(mut until) = end_at(now) else { return Quiet::No };
    // Where the clock jumps over the time between two windows, one follows the other at once.
    while let Some(later) = end_at(until) {
        until = later;
    }
    Quiet::Until(until)
}

fn date_of(zone: &TimeZone, now: Millis) -> Date {
    let time = Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(time).date()
}

/// The window that opens on a day.
fn span(window: Window, zone: &TimeZone, day: Date) -> Option<(Millis, Millis)> {
    let last = if window.end < window.start { day.tomorrow().ok()? } else { day };
    let start = edge(zone, day, window.start, false)?;
    let end = edge(zone, last, window.end, true)?;
    (start < end).then_some((start, end))
}

fn edge(zone: &TimeZone, day: Date, time: TimeOfDay, last: bool) -> Option<Millis> {
    let shown = day.at(time.hour(), time.minute(), 0, 0);
    let at = match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok()?,
        AmbiguousOffset::Fold { before, after } => {
            let offset = if last { after } else { before };
            offset.to_timestamp(shown).ok()?
        }
        AmbiguousOffset::Gap { before, .. } => {
            let past_the_jump = before.to_timestamp(shown).ok()?;
            zone.preceding(past_the_jump.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?)
                .next()?
                .timestamp()
        }
    };
    Some(Millis(at.as_millisecond()))
}

#[cfg(test)]
#[path = "quiet_tests.rs"]
mod tests;
