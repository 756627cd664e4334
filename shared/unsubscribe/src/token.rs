//! What a link's token is: a JWT by HS256 and nothing else, so nobody can choose the algorithm.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Millis, TenantId, UserId};
use serde::{Deserialize, Serialize};

/// How long a link is good: as long as people keep mails about and then press the button. The law of some countries asks
/// for 30 to 60.
pub const DAYS: i64 = 90;
/// Longest token, in bytes, checked before anything is decoded: the longest ids and key make 700.
const MAX_BYTES: usize = 1_024;
/// Keeps these apart from every other token, should one key ever sign both.
const AUDIENCE: &str = "carillon:unsubscribe";
/// `{"alg":"HS256","typ":"JWT"}`. Every token begins with exactly this, so a header is compared, never interpreted.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// What a link takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Whose user it is.
    pub tenant: TenantId,
    /// Whose consent it is.
    pub user: UserId,
    /// The key of the consent, such as `promotions`.
    pub key: String,
    /// Who was erased since then is not to be heard of again.
    pub signed_at: Millis,
    /// From then on the link does nothing any more.
    pub expires_at: Millis,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// We did not sign it, or not as a link.
    #[error("not a link of ours")]
    Forged,
    /// It was good once.
    #[error("the link is too old")]
    Expired,
}

/// A link that could not be signed. It has no cause that anybody could act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link could not be signed")]
pub struct SignError;

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    tenant: TenantId,
    sub: UserId,
    key: String,
    iat: i64,
    exp: i64,
}

/// Header and claims.
pub(crate) fn signed_part(
    tenant: &TenantId,
    user: &UserId,
    key: &str,
    now: Millis,
) -> Result<String, SignError> {
    let claims = Claims {
        aud: AUDIENCE.to_owned(),
        tenant: tenant.clone(),
        sub: user.clone(),
        key: key.to_owned(),
        iat: now.seconds(),
        exp: now.plus_seconds(DAYS * 86_400).seconds(),
    };
    let claims = serde_json::to_vec(&claims).map_err(|_| SignError)?;
    Ok(format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims)))
}

/// With its signature.
pub(crate) fn whole(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The signed part and the signature, of what may be a token at all.
pub(crate) fn parts(token: &str) -> Option<(&str, Vec<u8>)> {
    if token.len() > MAX_BYTES {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, _) = signed.split_once('.')?;
    (header == HEADER).then_some(())?;
    Some((signed, URL_SAFE_NO_PAD.decode(signature).ok()?))
}

/// The claims of a signed part whose signature was verified.
pub(crate) fn claims(signed: &str, now: Millis) -> Result<Unsubscribe, Refused> {
    let (_, payload) = signed.split_once('.').ok_or(Refused::Forged)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Refused::Forged)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| Refused::Forged)?;
    if claims.aud != AUDIENCE {
        return Err(Refused::Forged);
    }
    let expires_at = Millis(0).plus_seconds(claims.exp);
    if expires_at <= now {
        return Err(Refused::Expired);
    }
    let signed_at = Millis(0).plus_seconds(claims.iat);
    Ok(Unsubscribe { tenant: claims.tenant, user: claims.sub, key: claims.key, signed_at, expires_at })
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
