//! Whether a request may still be begun.

use std::time::Duration;

use carillon_domain::{Clock, Millis};

/// The time an invocation has.
#[derive(Debug, Clone, Copy)]
pub struct TimeLeft {
    clock: Clock,
    deadline: Millis,
    needed: i64,
}

impl TimeLeft {
    /// Until then. A request needs so many milliseconds, with what is to be noted after it: what is begun later could be cut
    /// off after the recipient has been reached, and would reach them twice.
    #[must_use]
    pub fn new(clock: Clock, deadline: Millis, needed: i64) -> Self {
        Self { clock, deadline, needed }
    }

    /// Now.
    #[must_use]
    pub fn now(self) -> Millis {
        (self.clock)()
    }

    /// Whether there is time for a request.
    #[must_use]
    pub fn enough(self) -> bool {
        self.enough_after(0)
    }

    /// Whether there will be, so many milliseconds later.
    #[must_use]
    pub fn enough_after(self, millis: i64) -> bool {
        self.millis() - millis >= self.needed
    }

    /// How much may pass before a request, such that it may still be begun.
    #[must_use]
    pub fn spare(self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis() - self.needed).unwrap_or_default())
    }

    /// How much there is; negative once it is over.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.deadline.0 - self.now().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_begun_only_with_time_for_it() {
        let at = |deadline| TimeLeft::new(|| Millis(1_000), Millis(deadline), 12_000);
        assert!(at(13_000).enough());
        assert!(!at(12_999).enough());
        assert!(at(14_000).enough_after(1_000) && !at(14_000).enough_after(1_001));
        assert_eq!(at(500).millis(), -500);
        assert_eq!([at(13_250), at(0)].map(TimeLeft::spare), [Duration::from_millis(250), Duration::ZERO]);
    }
}
