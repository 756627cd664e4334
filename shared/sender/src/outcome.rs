//! What a sender is handed, and what it says became of it.

use std::future::Future;

use carillon_domain::{Millis, Notification, Reason};
use carillon_queue::{Addressee, Deliver};

/// One recipient's delivery on one channel, claimed for this attempt.
#[derive(Debug)]
pub struct Sending<'a> {
    /// Tenant, id, channel, content.
    pub message: &'a Deliver,
    /// To whom, where; of several devices those that have not been reached.
    pub addressee: &'a Addressee,
    /// The row as it stands.
    pub stored: &'a Notification,
    /// When the attempt began.
    pub now: Millis,
    /// When the invocation must be done: what cannot be begun in time is left for later.
    pub deadline: Millis,
}

/// Why it did not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is told should this be the end.
    pub reason: Reason,
    /// The provider's own code, such as `UNREGISTERED` or `503`; never an address or a text.
    pub detail: String,
    /// Seconds the provider asked us to wait.
    pub retry_after: Option<i64>,
}

impl Failure {
    /// One after which the provider has not asked us to wait.
    #[must_use]
    pub fn new(reason: Reason, detail: &str) -> Self {
        Self { reason, detail: detail.to_owned(), retry_after: None }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it.
    Sent {
        /// What the provider calls it.
        provider_id: Option<String>,
        /// What is worth knowing about how it went out.
        detail: Option<String>,
    },
    /// It turned out not to be wanted or possible, such as no device being left.
    Skipped(Reason),
    /// It will never go out; a dead letter.
    Failed(Failure),
    /// What is left in `rest` failed for a passing reason and is tried again by the schedule. `rest.reached` counts what
    /// was reached, in earlier attempts too.
    Again {
        /// The recipient with what is left of the address.
        rest: Addressee,
        /// What the worst of the failures was.
        failure: Failure,
        /// The first that went out, if any did.
        provider_id: Option<String>,
    },
    /// There was no time left in the invocation to begin with (some of) it: comes back soon, and is no attempt.
    Later {
        /// The recipient with what is left of the address.
        rest: Addressee,
    },
}

/// Sends on one channel.
pub trait Provider {
    /// Sends to one recipient. Many are called at once. Never panics, never takes longer than `sending.deadline`.
    fn send(&self, sending: &Sending<'_>) -> impl Future<Output = Outcome>;
}
