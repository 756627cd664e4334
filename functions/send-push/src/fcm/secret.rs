//! The secret with the service account: read with the first push, then every five minutes.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use carillon_domain::{Millis, Reason};
use carillon_egress::Egress;

use super::credentials::Credentials;
use super::single::Single;
use super::{Trouble, failure};
use crate::secret_text::{self, AGAIN_MILLIS, FRESH_MILLIS, NoText};
use crate::time_left::TimeLeft;

/// Where the credentials are kept.
#[derive(Debug)]
pub(crate) struct Secret {
    client: Client,
    id: String,
    loaded: Single<Loaded, Trouble>,
}

#[derive(Debug, Clone)]
struct Loaded {
    credentials: Option<Arc<Credentials>>,
    until: Millis,
}

impl Secret {
    /// The secret with this name or ARN.
    pub(crate) fn new(client: Client, id: String) -> Self {
        Self { client, id, loaded: Single::new() }
    }

    /// What it says now.
    pub(crate) async fn credentials(
        &self,
        egress: &Egress,
        time: TimeLeft,
    ) -> Result<Arc<Credentials>, Trouble> {
        let now = time.now();
        let fresh = |loaded: &Loaded| now < loaded.until;
        let loaded = self.loaded.get(fresh, async |before| self.load(before, egress, time).await).await?;
        loaded
            .credentials
            .ok_or_else(|| Trouble::Permanent(failure(Reason::NotConfigured, "FCM has no credentials")))
    }

    async fn load(&self, before: Option<Loaded>, egress: &Egress, time: TimeLeft) -> Result<Loaded, Trouble> {
        let before = before.and_then(|loaded| loaded.credentials);
        if !time.enough() {
            return Err(Trouble::NoTime);
        }
        let read = secret_text::read(&self.client, &self.id).await;
        let again = time.now().plus_millis(AGAIN_MILLIS);
        let problem = match read {
            Ok(text) => {
                let until = time.now().plus_millis(FRESH_MILLIS);
                if let Some(same) = before.filter(|before| before.text == text) {
                    return Ok(Loaded { credentials: Some(same), until });
                }
                match Credentials::parse(&text, egress) {
                    Ok(read) => return Ok(Loaded { credentials: Some(Arc::new(read)), until }),
                    Err(problem) => problem.to_string(),
                }
            }
            Err(NoText::ForGood(error)) => error,
            Err(NoText::Passing(error)) => {
                tracing::warn!(code = "fcm_secret_unavailable", error, "the secret could not be read");
                let failure = failure(Reason::Unavailable, "secret unavailable");
                let kept = before.map(|old| Loaded { credentials: Some(old), until: again });
                return kept.ok_or(Trouble::Passing(failure));
            }
        };
        tracing::error!(
            code = "fcm_not_configured",
            secret = self.id,
            problem,
            "FCM has no credentials: nothing is sent by it"
        );
        Ok(Loaded { credentials: None, until: again })
    }
}
