//! Reads of other tables just before something is sent.

use carillon_domain::Reason;
use carillon_store::StoreError;

use crate::outcome::{Failure, Outcome, Sending};
use crate::time_left::TimeLeft;

impl Sending<'_> {
    /// What a table says, `what` by name; else what becomes of the recipient. While it fails, the schedule asks again, less
    /// and less often; what there was no time for comes back soon.
    pub async fn read<T>(
        &self,
        what: &'static str,
        time: TimeLeft,
        reading: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Outcome> {
        let (ulid, rest) = (self.message.ulid, || self.addressee.clone());
        // Boxed: the SDK's futures are large, and they would be part of every recipient's.
        match tokio::time::timeout(time.spare(), Box::pin(reading)).await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(error)) => {
                tracing::warn!(%ulid, what, code = error.code(), %error, "could not be looked at");
                let failure = Failure::new(Reason::Unavailable, what);
                Err(Outcome::Again { rest: rest(), failure, provider_id: None })
            }
            Err(_) => {
                tracing::warn!(%ulid, what, "there was no time to look");
                Err(Outcome::Later { rest: rest() })
            }
        }
    }
}
