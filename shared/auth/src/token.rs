//! A token's outside: three parts and a header. Nothing in here is to be believed yet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::TenantId;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::algorithm::Algorithm;
use crate::error::AuthError;
use crate::limits::MAX_TOKEN_BYTES;

/// The `kid` of a token that has none, and of the secret's generated key.
pub(crate) const DEFAULT_KID: &str = "default";

pub(crate) struct Token<'a> {
    algorithm: Algorithm,
    kid: String,
    signed_part: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// `jwk`, `jku` and `x5c` are not read: a token does not bring its own key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl<'a> Token<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, AuthError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::TooLong);
        }
        let (signed_part, signature) = text.rsplit_once('.').ok_or(AuthError::Malformed)?;
        let (header, payload) = signed_part.split_once('.').ok_or(AuthError::Malformed)?;
        if payload.contains('.') {
            return Err(AuthError::Malformed);
        }
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| AuthError::Malformed)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| AuthError::Malformed)?;
        // What must be understood (RFC 7515 §4.1.11) and is not, is refused.
        if header.crit.is_some() {
            return Err(AuthError::Malformed);
        }
        let algorithm = Algorithm::parse(&header.alg).ok_or(AuthError::Algorithm)?;
        let kid = header.kid.unwrap_or_else(|| DEFAULT_KID.to_owned());
        Ok(Self { algorithm, kid, signed_part, payload, signature })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn signed_part(&self) -> &str {
        self.signed_part
    }

    pub(crate) fn signature(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.signature).ok()
    }

    /// The claims' JSON. Only to be believed once the signature is verified.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, AuthError> {
        URL_SAFE_NO_PAD.decode(self.payload).map_err(|_| AuthError::Malformed)
    }

    /// The tenant the token claims, unverified: good for choosing where to look for its key, and nothing else.
    pub(crate) fn claimed_tenant(&self) -> Option<TenantId> {
        #[derive(Deserialize)]
        struct Claimed {
            tenant: TenantId,
        }
        let payload = self.payload().ok()?;
        serde_json::from_slice::<Claimed>(&payload).ok().map(|claimed| claimed.tenant)
    }
}
