//! The verifier: keys that stay fresh, and tokens checked with them.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;

use crate::cache::Cache;
use crate::claims::{Audience, Claims};
use crate::document::{JwksUrls, SecretDocument};
use crate::error::{AuthError, LoadError};
use crate::fetch::Fetcher;
use crate::keyring::KeyRing;
use crate::limits::{SECRET_RETRY, SECRET_TIMEOUT, SECRET_TTL};
use crate::secret::SecretSource;
use crate::token::Token;

/// Verifies tokens. Built once, outside the handler, and shared.
pub struct Auth {
    /// Without one, the keys are those it was built with.
    source: Option<SecretSource>,
    ring: Cache<KeyRing>,
    fetcher: Fetcher,
}

impl Auth {
    /// Reads the secret. JWKS are not fetched before a token needs one.
    ///
    /// # Errors
    /// If it cannot be read or is refused; a function had better not start then.
    pub async fn load(client: Client, secret_id: impl Into<String>, now: i64) -> Result<Self, LoadError> {
        Self::load_with(client, secret_id, JwksUrls::HttpsOnly, now).await
    }

    /// The same, with a say in which JWKS URLs the document may name.
    ///
    /// # Errors
    /// As [`Auth::load`].
    pub async fn load_with(
        client: Client,
        secret_id: impl Into<String>,
        urls: JwksUrls,
        now: i64,
    ) -> Result<Self, LoadError> {
        let source = SecretSource::new(client, secret_id.into(), urls);
        let document = source.read().await?;
        Ok(Self::new(document, Some(source), now))
    }

    /// With a document at hand, which is never read again.
    #[must_use]
    pub fn fixed(document: SecretDocument) -> Self {
        Self::new(document, None, 0)
    }

    fn new(document: SecretDocument, source: Option<SecretSource>, now: i64) -> Self {
        let ring = Arc::new(KeyRing::new(document, None));
        Self { source, ring: Cache::with(SECRET_TTL, SECRET_RETRY, ring, now), fetcher: Fetcher::default() }
    }

    /// Who the caller is, if the token is good for `audience` at `now` (seconds since the epoch).
    ///
    /// Makes a call only where a key is unknown or a cache is old, and never waits long: see [`crate::limits`].
    ///
    /// # Errors
    /// Why not, safe to be shown.
    pub async fn verify(&self, token: &str, audience: Audience, now: i64) -> Result<Claims, AuthError> {
        let token = Token::parse(token)?;
        let mut ring = self.ring(now).await?;
        let key = match ring.signer(&token, &self.fetcher, now).await {
            // Perhaps the document has a new key.
            Err(error @ (AuthError::UnknownKey | AuthError::KeysUnavailable)) => {
                ring = self.newer_ring(&ring, now).await?.ok_or(error)?;
                ring.signer(&token, &self.fetcher, now).await?
            }
            result => result?,
        };
        Claims::check(&token.payload()?, &ring.issuer, audience, key.tenants(), now)
    }

    async fn ring(&self, now: i64) -> Result<Arc<KeyRing>, AuthError> {
        let entry = match &self.source {
            Some(source) => self.ring.get(now, self.read(source)).await,
            None => self.ring.peek().await,
        };
        entry.value.ok_or(AuthError::KeysUnavailable)
    }

    /// `None` if there is none newer than `ring`.
    async fn newer_ring(&self, ring: &Arc<KeyRing>, now: i64) -> Result<Option<Arc<KeyRing>>, AuthError> {
        let Some(source) = &self.source else { return Ok(None) };
        let entry = self.ring.reload(now, self.read(source)).await;
        match entry.value {
            // The document that has the key may be the one we could not read.
            _ if entry.failed => Err(AuthError::KeysUnavailable),
            newer => Ok(newer.filter(|newer| !Arc::ptr_eq(newer, ring))),
        }
    }

    /// A failure leaves the keys as they are: better old ones than none.
    async fn read(&self, source: &SecretSource) -> Option<Arc<KeyRing>> {
        let read = tokio::time::timeout(SECRET_TIMEOUT, source.read()).await;
        match read.unwrap_or(Err(LoadError::Timeout)) {
            Ok(document) => {
                let previous = self.ring.peek().await.value;
                Some(Arc::new(KeyRing::new(document, previous.as_deref())))
            }
            Err(error) => {
                tracing::error!(%error, "could not reload the auth secret; the keys already known stay in use");
                None
            }
        }
    }
}
