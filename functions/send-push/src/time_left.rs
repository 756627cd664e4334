//! Whether a request may still be begun.

use std::time::Duration;

use carillon_domain::{Clock, Millis};

/// What a request is given, whoever it goes to.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// A request, and 7 s to note what came of it, for all recipients of the invocation. What is begun later could be cut off
/// after the device has been reached, and would reach it twice.
const NEEDED_MILLIS: i64 = 12_000;

/// The time an invocation has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLeft {
    clock: Clock,
    deadline: Millis,
}

impl TimeLeft {
    /// Until then.
    pub(crate) fn new(clock: Clock, deadline: Millis) -> Self {
        Self { clock, deadline }
    }

    /// Now.
    pub(crate) fn now(self) -> Millis {
        (self.clock)()
    }

    /// Whether there is time for a request.
    pub(crate) fn enough(self) -> bool {
        self.millis() >= NEEDED_MILLIS
    }

    /// How much there is; negative once it is over.
    pub(crate) fn millis(self) -> i64 {
        self.deadline.0 - self.now().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_needs_twelve_seconds_and_leaves_seven() {
        let at = |deadline| TimeLeft::new(|| Millis(1_000), Millis(deadline));
        assert!(at(13_000).enough());
        assert!(!at(12_999).enough());
        assert!(NEEDED_MILLIS - i64::try_from(REQUEST.as_millis()).unwrap() >= 7_000);
        assert_eq!((crate::fcm::LIMITS.total, crate::web_push::LIMITS.total), (REQUEST, REQUEST));
        assert_eq!(at(500).millis(), -500);
    }
}
