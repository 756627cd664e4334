//! When something that failed is tried again.

/// How long to wait after each attempt. What is later than the last is not tried any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySchedule {
    /// Seconds after the first attempt, after the second, …
    pub delays: &'static [i64],
    /// Each delay is up to this much longer or shorter, in percent, so that what failed together does not come back
    /// together.
    pub jitter_percent: i64,
    /// The longest a provider may ask us to wait, in seconds.
    pub longest_retry_after: i64,
}

impl RetrySchedule {
    /// Push: a message is worth little after hours. Google asks for at least 10 s before the first repetition.
    pub const PUSH: Self = Self {
        delays: &[10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400],
        jitter_percent: 20,
        longest_retry_after: 3_600,
    };

    /// Seconds to wait after so many attempts (at least 1), or None if that was the last. What the provider asks for
    /// (`Retry-After`) goes before the schedule, within bounds, and is never shortened. `seed` is what the jitter comes
    /// from: the same for the same attempt at the same notification, so that doing it again is harmless.
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
        Some(match retry_after {
            None => spread(delay, 1),
            Some(asked) => {
                let asked = asked.clamp(1, self.longest_retry_after);
                spread(asked, asked)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCHEDULE: RetrySchedule =
        RetrySchedule { delays: &[10, 100], jitter_percent: 20, longest_retry_after: 50 };

    #[test]
    fn each_attempt_has_its_delay_and_then_it_ends() {
        let table =
            [(1, None, 0, Some(8)), (1, None, 4, Some(12)), (2, None, 20, Some(100)), (3, None, 0, None)];
        for (attempts, retry_after, seed, expected) in table {
            assert_eq!(SCHEDULE.next(attempts, retry_after, seed), expected, "{attempts} {seed}");
        }
        assert_eq!(SCHEDULE.next(0, None, 0), None, "nothing was tried");
        assert_eq!(SCHEDULE.next(1, Some(0), 0), Some(1), "at least a second");
        assert_eq!(SCHEDULE.next(1, Some(86_400), 0), Some(50), "not longer than we let a provider say");
        assert_eq!(SCHEDULE.next(3, Some(5), 0), None, "asking does not prolong the schedule");
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
            prop_assert!((asked..=asked + asked / 5).contains(&delay), "{delay}");
        }
    }
}
