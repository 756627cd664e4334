//! Whether a request may still be begun.

use carillon_domain::{Clock, Millis};

/// A request is given 10 s, and a second is left to note what came of it. What is begun later could be cut off after the
/// device has been reached, and would reach it twice.
const NEEDED_MILLIS: i64 = 11_000;

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
    fn a_request_needs_eleven_seconds() {
        let at = |deadline| TimeLeft::new(|| Millis(1_000), Millis(deadline));
        assert!(at(12_000).enough());
        assert!(!at(11_999).enough());
        assert_eq!(at(500).millis(), -500);
    }
}
