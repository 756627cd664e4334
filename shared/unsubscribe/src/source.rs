//! The secret's keys as they are now: read with the first link, so that nobody else waits for them.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use carillon_domain::Millis;
use tokio::sync::Mutex;

use crate::{Keys, KeysError, Refused, Unsubscribe};

/// How long keys hold.
const FRESH_MILLIS: u64 = 5 * 60 * 1_000;
/// How long they hold at least: a forged link, or a secret that cannot be read, has it read again only then.
const AGAIN_MILLIS: u64 = 30 * 1_000;

/// The keys of a secret.
#[derive(Debug)]
pub struct KeySource {
    client: Client,
    secret_id: String,
    /// Held while reading, so that one read serves all who wait.
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    keys: Arc<Keys>,
    at: Millis,
    tried_at: Millis,
}

impl KeySource {
    /// The keys of the secret with this name or ARN.
    #[must_use]
    pub fn new(client: Client, secret_id: String) -> Self {
        Self { client, secret_id, loaded: Mutex::default() }
    }

    /// They are at most five minutes old; older only while the secret cannot be read.
    pub async fn keys(&self, now: Millis) -> Result<Arc<Keys>, KeysError> {
        self.younger(FRESH_MILLIS, now).await
    }

    /// As [`Keys::verify`]. A token that is none of these keys' may be of one that is new.
    pub async fn verify(&self, token: &str, now: Millis) -> Result<Result<Unsubscribe, Refused>, KeysError> {
        let keys = self.keys(now).await?;
        let said = keys.verify(token, now);
        if said != Err(Refused::Forged) {
            return Ok(said);
        }
        let newer = self.younger(AGAIN_MILLIS, now).await?;
        Ok(if Arc::ptr_eq(&keys, &newer) { said } else { newer.verify(token, now) })
    }

    async fn younger(&self, age: u64, now: Millis) -> Result<Arc<Keys>, KeysError> {
        let mut loaded = self.loaded.lock().await;
        // A clock that was set back makes nothing eternal.
        let within = |then: Millis, millis| now.0.abs_diff(then.0) < millis;
        let fresh = |it: &&mut Loaded| within(it.at, age) || within(it.tried_at, AGAIN_MILLIS);
        if let Some(known) = loaded.as_mut().filter(fresh) {
            return Ok(Arc::clone(&known.keys));
        }
        match (Keys::load(&self.client, &self.secret_id).await, loaded.as_mut()) {
            (Ok(keys), _) => {
                let keys = Arc::new(keys);
                *loaded = Some(Loaded { keys: Arc::clone(&keys), at: now, tried_at: now });
                Ok(keys)
            }
            (Err(error), Some(old)) => {
                tracing::warn!(code = "unsubscribe_secret_unavailable", %error, "the old keys hold");
                old.tried_at = now;
                Ok(Arc::clone(&old.keys))
            }
            (Err(error), None) => Err(error),
        }
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
