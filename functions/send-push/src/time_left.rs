//! How much time a request needs.

use std::time::Duration;

use carillon_domain::{Clock, Millis};
pub(crate) use carillon_sender::TimeLeft;

/// What a request is given, whoever it goes to.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// A request, and 7 s to note what came of it, for all recipients of the invocation.
const NEEDED_MILLIS: i64 = 12_000;

/// The time until then.
pub(crate) fn until(clock: Clock, deadline: Millis) -> TimeLeft {
    TimeLeft::new(clock, deadline, NEEDED_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_leaves_seven_seconds() {
        assert!(NEEDED_MILLIS - i64::try_from(REQUEST.as_millis()).unwrap() >= 7_000);
        assert_eq!((crate::fcm::LIMITS.total, crate::web_push::LIMITS.total), (REQUEST, REQUEST));
    }
}
