//! Real zones on their awkward days.

use super::*;

fn window(start: &str, end: &str) -> Window {
    Window { start: TimeOfDay::parse(start).unwrap(), end: TimeOfDay::parse(end).unwrap() }
}

fn at(text: &str) -> Millis {
    Millis::parse(text).unwrap()
}

/// zone, start, end, the instants at which it is asked, and until when it is quiet ("" for not).
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const TABLE: &[Row] = &[
    // Across midnight; the end is the first minute that is not quiet.
    (
        "Europe/Berlin",
        "22:00",
        "07:00",
        &[
            ("2026-11-21T20:59:59+00:00", ""),
            ("2026-11-21T21:00:00Z", "2026-11-22T06:00:00Z"),
            ("2026-11-22T00:30:00Z", "2026-11-22T06:00:00Z"),
            ("2026-11-22T05:59:59.999Z", "2026-11-22T06:00:00Z"),
            ("2026-11-22T06:00:00Z", ""),
        ],
    ),
    // Within a day.
    (
        "UTC",
        "12:00",
        "13:30",
        &[("2026-01-01T12:30:00Z", "2026-01-01T13:30:00Z"), ("2026-01-01T11:00:00Z", "")],
    ),
    // Half an hour off.
    (
        "Asia/Kolkata",
        "22:00",
        "06:00",
        &[("2026-06-01T16:30:00Z", "2026-06-02T00:30:00Z"), ("2026-06-01T16:29:00Z", "")],
    ),
    // New York, 8 March 2026: 02:00 EST is followed by 03:00 EDT (07:00Z).
    (
        "America/New_York",
        "22:00",
        "07:00",
        &[("2026-03-08T03:00:00Z", "2026-03-08T11:00:00Z"), ("2026-03-08T07:30:00Z", "2026-03-08T11:00:00Z")],
    ),
    // The start lies in the gap: quiet from the jump on.
    (
        "America/New_York",
        "02:30",
        "07:00",
        &[("2026-03-08T06:59:00Z", ""), ("2026-03-08T07:00:00Z", "2026-03-08T11:00:00Z")],
    ),
    // The end lies in the gap: quiet up to the jump.
    (
        "America/New_York",
        "22:00",
        "02:30",
        &[("2026-03-08T06:59:00Z", "2026-03-08T07:00:00Z"), ("2026-03-08T07:00:00Z", "")],
    ),
    // Both in the gap: there is no such window that day, but there is the next day.
    (
        "America/New_York",
        "02:10",
        "02:40",
        &[
            ("2026-03-08T07:00:00Z", ""),
            ("2026-03-08T06:59:59Z", ""),
            ("2026-03-09T06:15:00Z", "2026-03-09T06:40:00Z"),
        ],
    ),
    // New York, 1 November 2026: 01:00 to 02:00 comes twice, first EDT (05:00Z), then EST (06:00Z).
    // The end in the repeated hour: quiet up to its second time.
    (
        "America/New_York",
        "22:00",
        "01:30",
        &[
            ("2026-11-01T05:15:00Z", "2026-11-01T06:30:00Z"),
            ("2026-11-01T05:45:00Z", "2026-11-01T06:30:00Z"),
            ("2026-11-01T06:30:00Z", ""),
        ],
    ),
    // The start in the repeated hour: quiet from its first time on.
    (
        "America/New_York",
        "01:30",
        "06:00",
        &[
            ("2026-11-01T05:29:00Z", ""),
            ("2026-11-01T05:30:00Z", "2026-11-01T11:00:00Z"),
            ("2026-11-01T06:05:00Z", "2026-11-01T11:00:00Z"),
        ],
    ),
    // Lord Howe moves by half an hour: 5 April 2026, 02:00 +11 becomes 01:30 +10:30 (15:00Z on the 4th).
    (
        "Australia/Lord_Howe",
        "22:00",
        "01:45",
        &[("2026-04-04T15:00:00Z", "2026-04-04T15:15:00Z"), ("2026-04-04T15:15:00Z", "")],
    ),
    // 4 October 2026: 02:00 +10:30 becomes 02:30 +11 (15:30Z on the 3rd).
    (
        "Australia/Lord_Howe",
        "22:00",
        "02:15",
        &[("2026-10-03T15:29:00Z", "2026-10-03T15:30:00Z"), ("2026-10-03T15:30:00Z", "")],
    ),
    // Apia had no 30 December 2011: the night of the 29th (-10) runs into the morning of the 31st (+14).
    (
        "Pacific/Apia",
        "22:00",
        "07:00",
        &[
            ("2011-12-30T08:00:00Z", "2011-12-30T17:00:00Z"),
            ("2011-12-30T10:00:00Z", "2011-12-30T17:00:00Z"),
            ("2011-12-30T17:00:00Z", ""),
        ],
    ),
    // A leap day.
    (
        "Europe/Berlin",
        "22:00",
        "07:00",
        &[("2028-02-28T23:00:00Z", "2028-02-29T06:00:00Z"), ("2028-02-29T22:00:00Z", "2028-03-01T06:00:00Z")],
    ),
    // All day but a minute.
    (
        "UTC",
        "00:00",
        "23:59",
        &[("2026-01-01T00:00:00Z", "2026-01-01T23:59:00Z"), ("2026-01-01T23:59:30Z", "")],
    ),
];

#[test]
fn windows_end_when_the_local_clock_says_so() {
    for (name, start, end, cases) in TABLE {
        let zone = zone(name).unwrap();
        for (now, until) in *cases {
            let expected = if until.is_empty() { Quiet::No } else { Quiet::Until(at(until)) };
            assert_eq!(quiet(window(start, end), &zone, at(now)), expected, "{name} {start}-{end} at {now}");
        }
    }
}

#[test]
fn a_window_of_the_whole_day_has_no_end() {
    let zone = zone("America/New_York").unwrap();
    for now in ["2026-03-08T07:00:00Z", "2026-11-01T05:30:00Z", "2026-06-01T00:00:00Z"] {
        assert_eq!(quiet(window("08:00", "08:00"), &zone, at(now)), Quiet::Always);
    }
}

#[test]
fn days_and_weeks_are_local() {
    let day = |name: &str, now: &str| local_day(&zone(name).unwrap(), at(now));
    let pair = |day: &str, week: &str| (day.to_owned(), week.to_owned());
    assert_eq!(day("Asia/Tokyo", "2026-11-22T15:30:00Z"), pair("2026-11-23", "2026-W48"));
    assert_eq!(day("America/Los_Angeles", "2026-11-22T15:30:00Z"), pair("2026-11-22", "2026-W47"));
    assert_eq!(
        day("UTC", "2027-01-01T12:00:00Z"),
        pair("2027-01-01", "2026-W53"),
        "an ISO week belongs to its Thursday's year"
    );
    assert_eq!(day("UTC", "2028-02-29T12:00:00Z"), pair("2028-02-29", "2028-W09"));
}

#[test]
fn only_iana_names_are_zones() {
    assert!(zone("Europe/Zurich").is_some() && zone("UTC").is_some());
    for name in ["Europe/Atlantis", "", "+02:00", "EST5EDT4", "../etc/passwd"] {
        assert!(zone(name).is_none(), "{name}");
    }
}

proptest::proptest! {
    /// Whatever the window and the instant: an end lies ahead, and right at it, it is not quiet any more.
    #[test]
    fn an_end_is_an_end(
        start in 0..1_440_i64, end in 0..1_440_i64, now in 1_300_000_000_i64..1_900_000_000,
        zone_name in proptest::sample::select(vec!["America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "Africa/Casablanca", "America/St_Johns"]),
    ) {
        let time = |minute: i64| TimeOfDay::parse(&format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap();
        let (window, zone, now) = (Window { start: time(start), end: time(end) }, zone(zone_name).unwrap(), Millis(now * 1000));
        match quiet(window, &zone, now) {
            Quiet::Always => proptest::prop_assert_eq!(start, end),
            Quiet::Until(until) => {
                proptest::prop_assert!(until > now && until.0 - now.0 <= 50 * 3_600_000);
                proptest::prop_assert_eq!(quiet(window, &zone, until), Quiet::No);
                proptest::prop_assert_eq!(quiet(window, &zone, until.plus_millis(-1)), Quiet::Until(until));
            }
            Quiet::No => {}
        }
    }
}
