//! The secret with the private key: read with the first push, then every five minutes.

use aws_sdk_secretsmanager::Client;
use carillon_domain::{Millis, Reason};
use http::HeaderValue;
use tokio::sync::Mutex;

use super::failure;
use super::key::Key;
use super::tokens::Tokens;
use crate::reached::Reached;
use crate::secret_text::{self, AGAIN_MILLIS, FRESH_MILLIS, NoText};
use crate::time_left::TimeLeft;

/// Longer than waiting for one that failed, shorter than until the first is tried again.
const WAITED_MILLIS: i64 = 1_000;

/// Where the private key is kept, and which public key it must be of.
#[derive(Debug)]
pub(crate) struct Secret {
    client: Client,
    id: String,
    public: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    key: Option<Key>,
    until: Option<Millis>,
    /// Those who waited while it could not be read are told so, instead of trying it one after the other.
    unavailable_until: Option<Millis>,
    tokens: Tokens,
}

impl Secret {
    /// The secret with this name or ARN. Without a public key browsers cannot have subscribed, and nothing is read.
    pub(crate) fn new(client: Client, id: String, public: String) -> Self {
        Self { client, id, public, state: Mutex::default() }
    }

    /// The Authorization header for a push service. None: no time left to get it.
    pub(super) async fn authorization(
        &self,
        origin: &str,
        time: TimeLeft,
    ) -> Option<Result<HeaderValue, Reached>> {
        let not_configured = || Reached::Rejected(failure(Reason::NotConfigured, "Web Push has no key"));
        if self.public.is_empty() || self.id.is_empty() {
            return Some(Err(not_configured()));
        }
        // Held while it is read, so that one reads it for all.
        let mut state = self.state.lock().await;
        let now = time.now();
        if state.unavailable_until.is_some_and(|until| now < until) {
            return Some(Err(unavailable()));
        }
        if state.until.is_none_or(|until| now >= until) {
            if !time.enough() {
                return None;
            }
            if let Err(reached) = self.read(&mut state, time).await {
                return Some(Err(reached));
            }
        }
        let State { key, tokens, .. } = &mut *state;
        let token = key.as_ref().and_then(|key| tokens.of(key, origin, now));
        Some(token.ok_or_else(not_configured))
    }

    async fn read(&self, state: &mut State, time: TimeLeft) -> Result<(), Reached> {
        let read = secret_text::read(&self.client, &self.id).await;
        let now = time.now();
        let problem = match read {
            Ok(text) => match self.take(state, &text) {
                Ok(()) => {
                    state.until = Some(now.plus_millis(FRESH_MILLIS));
                    return Ok(());
                }
                Err(problem) => problem,
            },
            Err(NoText::ForGood(error)) => error,
            Err(NoText::Passing(error)) => {
                tracing::warn!(code = "web_push_secret_unavailable", error, "the secret could not be read");
                if state.key.is_none() {
                    state.unavailable_until = Some(now.plus_millis(WAITED_MILLIS));
                    return Err(unavailable());
                }
                state.until = Some(now.plus_millis(AGAIN_MILLIS));
                return Ok(());
            }
        };
        tracing::error!(
            code = "web_push_not_configured",
            secret = self.id,
            problem,
            "Web Push has no key: nothing is sent by it"
        );
        *state = State { until: Some(now.plus_millis(AGAIN_MILLIS)), ..State::default() };
        Ok(())
    }

    /// Another key signs anew; the same keeps what it has signed.
    fn take(&self, state: &mut State, text: &str) -> Result<(), String> {
        if state.key.as_ref().is_none_or(|key| !key.is_of(text)) {
            let key = Key::parse(text, &self.public).map_err(|problem| problem.to_string())?;
            *state = State { key: Some(key), ..State::default() };
        }
        Ok(())
    }
}

fn unavailable() -> Reached {
    Reached::Retry(failure(Reason::Unavailable, "secret unavailable"))
}
