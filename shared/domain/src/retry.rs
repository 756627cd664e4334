//! When something that failed is tried again.

use std::borrow::Cow;

/// Most attempts after the first.
const MOST_DELAYS: usize = 12;
/// The longest pause, in seconds.
const LONGEST_DELAY: i64 = 86_400;

/// How long to wait after each attempt. What is later than the last is not tried any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    /// Seconds after the first attempt, after the second, …
    pub delays: Cow<'static, [i64]>,
    /// Each delay is up to this much longer or shorter, in percent, so that what failed together does not come back
    /// together.
    pub jitter_percent: i64,
    /// The longest a provider may ask us to wait, in seconds.
    pub longest_retry_after: i64,
}

/// A schedule that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no list of 1 to 12 numbers of seconds, each from 1 to 86400, separated by commas")]
pub struct RetryScheduleError(String);

impl RetrySchedule {
    /// Push: a message is worth little after hours. Google asks for at least 10 s before the first repetition.
    pub const PUSH: Self = Self {
        delays: Cow::Borrowed(&[10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400]),
        jitter_percent: 20,
        longest_retry_after: 3_600,
    };

    /// Email: what SES throttles goes through soon; a sending quota is that of the last 24 hours, so the last attempts are
    /// hours apart, and the very last comes after more than a day.
    pub const EMAIL: Self = Self {
        delays: Cow::Borrowed(&[5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800, 28_800]),
        jitter_percent: 20,
        longest_retry_after: 3_600,
    };

    /// SMS: most are codes and reminders.
    pub const SMS: Self = Self {
        delays: Cow::Borrowed(&[5, 15, 60, 300, 900, 1_800, 3_600]),
        jitter_percent: 20,
        longest_retry_after: 3_600,
    };

    /// The same with other delays, as configuration writes them: seconds, separated by commas.
    ///
    /// # Errors
    /// If it is no such list, or one that nobody can mean.
    pub fn with_delays(self, seconds: &str) -> Result<Self, RetryScheduleError> {
        let wrong = || RetryScheduleError(seconds.to_owned());
        let one = |text: &str| text.parse().ok().filter(|delay| (1..=LONGEST_DELAY).contains(delay));
        let delays: Vec<i64> = seconds.split(',').map(one).collect::<Option<_>>().ok_or_else(wrong)?;
        if delays.len() > MOST_DELAYS {
            return Err(wrong());
        }
        Ok(Self { delays: Cow::Owned(delays), ..self })
    }

    /// Seconds to wait after so many attempts (at least 1), or None if that was the last. What the provider asks for
    /// (`Retry-After`) makes it longer, within bounds, and never shorter: a provider that always says 1 s would be asked
    /// as often as the schedule has it, and given up, within seconds. `seed` is what the jitter comes from: the same for
    /// the same attempt at the same notification, so that doing it again is harmless.
    #[must_use]
    pub fn next(&self, attempts: u32, retry_after: Option<i64>, seed: u64) -> Option<i64> {
        let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
        let delay = *self.delays.get(index)?;
        let spread = |delay: i64, least: i64| {
            let width = delay * self.jitter_percent / 100;
            let steps = u64::try_from(2 * width + 1).unwrap_or(1);
            let chance = i64::try_from(seed % steps).unwrap_or_default();
            (delay - width + chance).max(least)
        };
        let asked = retry_after.unwrap_or_default().clamp(0, self.longest_retry_after);
        Some(spread(delay, 1).max(spread(asked, asked)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCHEDULE: RetrySchedule =
        RetrySchedule { delays: Cow::Borrowed(&[10, 100]), jitter_percent: 20, longest_retry_after: 50 };

    #[test]
    fn each_attempt_has_its_delay_and_then_it_ends() {
        let table =
            [(1, None, 0, Some(8)), (1, None, 4, Some(12)), (2, None, 20, Some(100)), (3, None, 0, None)];
        for (attempts, retry_after, seed, expected) in table {
            assert_eq!(SCHEDULE.next(attempts, retry_after, seed), expected, "{attempts} {seed}");
        }
        assert_eq!(SCHEDULE.next(0, None, 0), None, "nothing was tried");
        assert_eq!(SCHEDULE.next(1, Some(86_400), 0), Some(50), "not longer than we let a provider say");
        assert_eq!(SCHEDULE.next(3, Some(5), 0), None, "asking does not prolong the schedule");
    }

    #[test]
    fn an_email_outlives_a_quota_of_24_hours() {
        let (email, day) = (RetrySchedule::EMAIL, 86_400);
        let least: i64 = (1..=12).map(|attempts| email.next(attempts, None, 0).unwrap()).sum();
        assert!(least > day, "{least}");
        assert_eq!(email.next(13, None, 0), None);
        let written = email.delays.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        assert_eq!(RetrySchedule::SMS.with_delays(&written), Ok(email), "configuration may say the same");
    }

    #[test]
    fn what_the_provider_asks_for_does_not_shorten_the_schedule() {
        for asked in [i64::MIN, 0, 1, 8] {
            assert_eq!(SCHEDULE.next(1, Some(asked), 0), Some(8), "{asked}");
            assert_eq!(SCHEDULE.next(2, Some(asked), 0), Some(80), "{asked}");
        }
        assert_eq!(SCHEDULE.next(1, Some(9), 0), Some(9));
    }

    #[test]
    fn delays_are_read_from_a_list_that_can_be_meant() {
        let read = |text: &str| SCHEDULE.with_delays(text).map(|schedule| schedule.delays.into_owned());
        assert_eq!(read("1"), Ok(vec![1]));
        assert_eq!(read("10,30,86400"), Ok(vec![10, 30, 86_400]));
        assert_eq!(read(&["5"; 12].join(",")), Ok(vec![5; 12]));
        let thirteen = ["5"; 13].join(",");
        for wrong in ["", ",", "1,", "0", "-1", "86401", "1 s", "1, 2", "ten", "1.5", &thirteen] {
            assert_eq!(read(wrong), Err(RetryScheduleError(wrong.to_owned())), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_delay_is_within_its_jitter(attempts in 1_u32..3, seed: u64) {
            let plain = [10, 100][attempts as usize - 1];
            let delay = SCHEDULE.next(attempts, None, seed).unwrap();
            prop_assert!((plain * 8 / 10..=plain * 12 / 10).contains(&delay), "{delay}");
        }

        #[test]
        fn what_the_provider_asks_for_is_never_shortened(asked in 1_i64..=50, seed: u64) {
            let delay = SCHEDULE.next(1, Some(asked), seed).unwrap();
            prop_assert!((asked..=(asked + asked / 5).max(12)).contains(&delay), "{delay}");
        }
    }
}
