//! The secret with the private key, and what was signed with it.

use aws_sdk_secretsmanager::Client;
use carillon_domain::{Millis, Reason};
use carillon_sender::Failure;
use http::HeaderValue;
use tokio::sync::Mutex;

use super::key::Key;
use super::tokens::Tokens;
use crate::reached::Trouble;
use crate::secret::{self, Words};
use crate::time_left::TimeLeft;

/// Longer than waiting for one that failed, shorter than until the first is tried again.
const WAITED_MILLIS: i64 = 1_000;

const WORDS: Words = Words {
    without: "Web Push has no key",
    not_configured: "web_push_not_configured",
    unavailable: "web_push_secret_unavailable",
};

/// Where the private key is kept, and which public key it must be of.
#[derive(Debug)]
pub(crate) struct Secret {
    /// None without a public key: browsers cannot have subscribed, and nothing is read.
    kept: Option<secret::Secret<Signer>>,
    public: String,
    /// Those whose turn comes after it could not be read are told so, instead of trying it one turn after the other.
    unavailable: Mutex<Option<(Trouble, Millis)>>,
}

/// Another key signs anew; the same keeps what it has signed.
#[derive(Debug)]
struct Signer {
    key: Key,
    tokens: Mutex<Tokens>,
}

impl Secret {
    /// The secret with this name or ARN.
    pub(crate) fn new(client: Client, id: String, public: String) -> Self {
        let set_up = !public.is_empty() && !id.is_empty();
        Self {
            kept: set_up.then(|| secret::Secret::new(client, id, WORDS)),
            public,
            unavailable: Mutex::default(),
        }
    }

    /// The Authorization header for a push service.
    pub(super) async fn authorization(&self, origin: &str, time: TimeLeft) -> Result<HeaderValue, Trouble> {
        let not_configured = || Trouble::Permanent(Failure::new(Reason::NotConfigured, WORDS.without));
        let kept = self.kept.as_ref().ok_or_else(not_configured)?;
        if let Some((trouble, until)) = &*self.unavailable.lock().await
            && time.now() < *until
        {
            return Err(trouble.clone());
        }
        let signer = kept.get(time, |text| {
            Key::parse(text, &self.public).map(|key| Signer { key, tokens: Mutex::default() })
        });
        let signer = signer.await;
        if let Err(trouble @ Trouble::Passing(_)) = &signer {
            let until = time.now().plus_millis(WAITED_MILLIS);
            *self.unavailable.lock().await = Some((trouble.clone(), until));
        }
        let signer = signer?;
        let token = signer.tokens.lock().await.of(&signer.key, origin, time.now());
        token.ok_or_else(not_configured)
    }
}
