//! What links are signed with: the secret's key, and the one before it while links of its time are under way.

use aws_sdk_secretsmanager::Client;
use carillon_domain::{Millis, TenantId, UserId, causes};
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::Deserialize;

use crate::token::{self, Refused, SignError, Unsubscribe};

/// Shortest key, in bytes: the hash's own length (RFC 7518 §3.2).
const MIN_KEY_BYTES: usize = 32;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Secrets Manager refused or could not be reached.
    #[error("the secret could not be read: {0}")]
    Unavailable(String),
    /// Not a JSON object with a `key` and perhaps a `previous`, both texts.
    #[error("the secret must be {{\"key\": …, \"previous\": …}}, `previous` only while a key is replaced")]
    Form,
    /// A key that could be guessed.
    #[error("a key must have at least {MIN_KEY_BYTES} bytes")]
    Short,
}

/// Signs and verifies links.
#[derive(Debug, Clone)]
pub struct Keys {
    signing: EncodingKey,
    /// The signing one first.
    verifying: Vec<DecodingKey>,
}

#[derive(Deserialize)]
struct Document {
    key: String,
    previous: Option<String>,
}

impl Keys {
    /// Reads the secret with this name or ARN.
    pub async fn load(client: &Client, secret_id: &str) -> Result<Self, KeysError> {
        // Boxed: the SDK's future is large, and it would be part of every caller's.
        let output = Box::pin(client.get_secret_value().secret_id(secret_id).send()).await;
        let output = output.map_err(|error| KeysError::Unavailable(causes(&error)))?;
        Self::read(output.secret_string().unwrap_or_default())
    }

    /// Reads a secret's text.
    pub fn read(text: &str) -> Result<Self, KeysError> {
        let Document { key, previous } = serde_json::from_str(text).map_err(|_| KeysError::Form)?;
        let keys: Vec<&String> = [&key].into_iter().chain(&previous).collect();
        if keys.iter().any(|key| key.len() < MIN_KEY_BYTES) {
            return Err(KeysError::Short);
        }
        let verifying = keys.iter().map(|key| DecodingKey::from_secret(key.as_bytes())).collect();
        Ok(Self { signing: EncodingKey::from_secret(key.as_bytes()), verifying })
    }

    /// The token of a link that takes the user's consent `key` back. Good for [`crate::DAYS`].
    pub fn sign(
        &self,
        tenant: &TenantId,
        user: &UserId,
        key: &str,
        now: Millis,
    ) -> Result<String, SignError> {
        let signed = token::signed_part(tenant, user, key, now)?;
        // The provider is named, so that no other crate's feature flag can exchange it.
        let signer = (DEFAULT_PROVIDER.signer_factory)(&Algorithm::HS256, &self.signing);
        let signature = signer.map_err(|_| SignError)?.try_sign(signed.as_bytes()).map_err(|_| SignError)?;
        Ok(token::whole(&signed, &signature))
    }

    /// What a token says, once it is known to be ours and not too old.
    pub fn verify(&self, token: &str, now: Millis) -> Result<Unsubscribe, Refused> {
        let (signed, signature) = token::parts(token).ok_or(Refused::Forged)?;
        let by = |key: &DecodingKey| {
            let verifier = (DEFAULT_PROVIDER.verifier_factory)(&Algorithm::HS256, key);
            // HMACs are compared in constant time.
            verifier.is_ok_and(|verifier| verifier.verify(signed.as_bytes(), &signature).is_ok())
        };
        if !self.verifying.iter().any(by) {
            return Err(Refused::Forged);
        }
        token::claims(signed, now)
    }
}
