//! What brings a snoozed notification back.

use carillon_domain::Millis;

use crate::message::{DispatchMessage, Wake};
use crate::schedule::{Later, Punctuality};
use crate::send::QueueError;

impl Later {
    /// Sends it so that it comes at its time. Snoozing again until the same instant makes the same schedule; until
    /// another, another: the row then says which one counts.
    pub async fn wake(&self, wake: Wake, now: Millis) -> Result<(), QueueError> {
        let until = wake.until;
        let (ulid, at, attempt) =
            (wake.ulid.to_string(), until.0.to_string(), wake.trace.attempt.to_string());
        let (tenant, user) = (wake.tenant.to_string(), wake.user.to_string());
        let name = [tenant.as_str(), user.as_str(), &ulid, &at, &attempt];
        self.send(&DispatchMessage::Wake(wake), until, now, &name, Punctuality::Exact).await
    }
}
