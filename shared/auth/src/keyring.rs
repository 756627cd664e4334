//! All keys of a document, and which of them signed a token.

use std::collections::HashMap;
use std::sync::Arc;

use crate::document::SecretDocument;
use crate::error::AuthError;
use crate::fetch::Fetcher;
use crate::jwks::Jwks;
use crate::key::Key;
use crate::token::Token;

pub(crate) struct KeyRing {
    pub(crate) issuer: String,
    keys: HashMap<String, Arc<Key>>,
    jwks: Vec<Arc<Jwks>>,
}

impl KeyRing {
    /// What `previous` has fetched stays in use, so that reading the secret again empties no cache.
    pub(crate) fn new(document: SecretDocument, previous: Option<&Self>) -> Self {
        let known = previous.map_or(&[][..], |ring| &ring.jwks);
        let jwks =
            document.jwks.into_iter().map(|entry| match known.iter().find(|jwks| jwks.entry == entry) {
                Some(jwks) => Arc::clone(jwks),
                None => Arc::new(Jwks::new(entry)),
            });
        Self { issuer: document.issuer, jwks: jwks.collect(), keys: document.keys }
    }

    /// The key that signed the token.
    ///
    /// # Errors
    /// [`AuthError::UnknownKey`] and [`AuthError::KeysUnavailable`] where a newer document may help.
    pub(crate) async fn signer(
        &self,
        token: &Token<'_>,
        fetcher: &Fetcher,
        now: i64,
    ) -> Result<Arc<Key>, AuthError> {
        // A key of the document goes before any JWKS: what is published elsewhere cannot replace it.
        match self.keys.get(token.kid()) {
            Some(key) if key.algorithm() != token.algorithm() => Err(AuthError::AlgorithmMismatch),
            Some(key) if key.signed(token) => Ok(Arc::clone(key)),
            Some(_) => Err(AuthError::Signature),
            None => self.published(token, fetcher, now).await,
        }
    }

    /// Only the JWKS that may sign for the tenant the token claims are asked: a `kid` is unique within one JWKS
    /// only, and one tenant's slow or hostile one must not touch the others.
    async fn published(&self, token: &Token<'_>, fetcher: &Fetcher, now: i64) -> Result<Arc<Key>, AuthError> {
        let tenant = token.claimed_tenant().ok_or(AuthError::UnknownKey)?;
        let (mut refused, mut failed, mut lacking) = (AuthError::UnknownKey, false, Vec::new());
        for jwks in self.jwks.iter().filter(|jwks| jwks.entry.tenants.include(&tenant)) {
            let other_algorithm = jwks.entry.algorithm != token.algorithm();
            let keys = if other_algorithm { jwks.known_keys().await } else { jwks.keys(fetcher, now).await };
            match keys.value.as_ref().and_then(|keys| keys.get(token.kid())) {
                Some(key) if key.signed(token) => return Ok(Arc::clone(key)),
                Some(_) if other_algorithm => refused = AuthError::AlgorithmMismatch,
                Some(_) => refused = AuthError::Signature,
                None if other_algorithm => {}
                None => lacking.push(jwks),
            }
        }
        for jwks in lacking {
            let keys = jwks.fresh_keys(fetcher, now).await;
            // One that is down may have the key by now.
            failed |= keys.failed;
            match keys.value.as_ref().and_then(|keys| keys.get(token.kid())) {
                Some(key) if key.signed(token) => return Ok(Arc::clone(key)),
                Some(_) => refused = AuthError::Signature,
                None => {}
            }
        }
        Err(if failed { AuthError::KeysUnavailable } else { refused })
    }
}
