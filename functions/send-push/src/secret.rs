//! What a secret says, for FCM and Web Push alike: read with the first push, then every five minutes.

use std::fmt::Display;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use carillon_domain::{Millis, Reason, causes};
use carillon_sender::Failure;

use crate::reached::Trouble;
use crate::single::Single;
use crate::time_left::TimeLeft;

/// How long one holds.
const FRESH_MILLIS: i64 = 5 * 60 * 1000;
/// How long it is taken for missing, or an older one for good while it cannot be read. Short: somebody may be setting
/// it up just now.
const AGAIN_MILLIS: i64 = 30 * 1000;

/// What is missing without it, in words for the log and the delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// Such as `FCM has no credentials`.
    pub(crate) without: &'static str,
    /// The log's code where it is missing or no good.
    pub(crate) not_configured: &'static str,
    /// The log's code where it cannot be read.
    pub(crate) unavailable: &'static str,
}

/// A secret, and what was made of it.
#[derive(Debug)]
pub(crate) struct Secret<T> {
    client: Client,
    id: String,
    words: Words,
    loaded: Single<Loaded<T>, Trouble>,
}

#[derive(Debug)]
struct Loaded<T> {
    /// None: not configured.
    good: Option<Arc<Good<T>>>,
    until: Millis,
}

/// What it says, and what that is.
struct Good<T> {
    text: String,
    value: Arc<T>,
}

impl<T> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        Self { good: self.good.clone(), until: self.until }
    }
}

impl<T> std::fmt::Debug for Good<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Good").finish_non_exhaustive()
    }
}

impl<T> Secret<T> {
    /// The secret with this name or ARN.
    pub(crate) fn new(client: Client, id: String, words: Words) -> Self {
        Self { client, id, words, loaded: Single::new() }
    }

    /// What it is now, made by `parse`: the same as before where it says the same.
    pub(crate) async fn get<E: Display>(
        &self,
        time: TimeLeft,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Arc<T>, Trouble> {
        let now = time.now();
        let fresh = |loaded: &Loaded<T>| now < loaded.until;
        let loaded = self.loaded.get(fresh, async |before| self.load(before, time, parse).await).await?;
        let good = loaded.good.map(|good| Arc::clone(&good.value));
        good.ok_or_else(|| Trouble::Permanent(Failure::new(Reason::NotConfigured, self.words.without)))
    }

    async fn load<E: Display>(
        &self,
        before: Option<Loaded<T>>,
        time: TimeLeft,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Loaded<T>, Trouble> {
        if !time.enough() {
            return Err(Trouble::NoTime);
        }
        let Words { without, not_configured, unavailable } = self.words;
        let before = before.and_then(|loaded| loaded.good);
        let read = read(&self.client, &self.id).await;
        let (fresh, again) = (time.now().plus_millis(FRESH_MILLIS), time.now().plus_millis(AGAIN_MILLIS));
        let problem = match read {
            Ok(text) => {
                if let Some(same) = before.filter(|before| before.text == text) {
                    return Ok(Loaded { good: Some(same), until: fresh });
                }
                match parse(&text) {
                    Ok(value) => {
                        let good = Arc::new(Good { text, value: Arc::new(value) });
                        return Ok(Loaded { good: Some(good), until: fresh });
                    }
                    Err(problem) => problem.to_string(),
                }
            }
            Err(NoText::ForGood(error)) => error,
            Err(NoText::Passing(error)) => {
                tracing::warn!(code = unavailable, error, "the secret could not be read");
                let kept = before.map(|old| Loaded { good: Some(old), until: again });
                let failure = Failure::new(Reason::Unavailable, "secret unavailable");
                return kept.ok_or(Trouble::Passing(failure));
            }
        };
        tracing::error!(code = not_configured, secret = self.id, problem, "{without}: nothing is sent by it");
        Ok(Loaded { good: None, until: again })
    }
}

/// Why there is no text, with Secrets Manager's own words for the log.
enum NoText {
    /// However often it is asked: somebody has to change something.
    ForGood(String),
    /// It may work the next time.
    Passing(String),
}

/// What Secrets Manager says to those who will not get it however often they ask.
const FOR_GOOD: [&str; 6] = [
    "ResourceNotFoundException",
    "InvalidRequestException",
    "InvalidParameterException",
    "ValidationException",
    "DecryptionFailure",
    "AccessDeniedException",
];

/// What the secret with this name or ARN says; empty if it is not text.
async fn read(client: &Client, id: &str) -> Result<String, NoText> {
    // Boxed: the SDK's future is large, and it would be part of every caller's.
    match Box::pin(client.get_secret_value().secret_id(id).send()).await {
        Ok(output) => Ok(output.secret_string().unwrap_or_default().to_owned()),
        Err(error) if error.code().is_some_and(|code| FOR_GOOD.contains(&code)) => {
            Err(NoText::ForGood(causes(&error)))
        }
        Err(error) => Err(NoText::Passing(causes(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_not_shown() {
        let good = Good { text: String::from("hush"), value: Arc::new("hush") };
        let shown = format!("{:?}", Loaded { good: Some(Arc::new(good)), until: Millis(0) });
        assert!(shown.contains("Good") && !shown.contains("hush"), "{shown}");
    }
}
