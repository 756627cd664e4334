//! Why a caller is refused, and why keys could not be loaded.

use crate::problem::DocumentError;

/// Why a request is refused. The texts are for the caller: they never carry any part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No `Authorization` header, or no `token` in the query.
    #[error("a bearer token is required")]
    Missing,
    /// The header has another scheme, or nothing after it.
    #[error("the Authorization header must be `Bearer <token>`")]
    Scheme,
    /// More than [`crate::limits::MAX_TOKEN_BYTES`].
    #[error("the token is longer than 8 KiB")]
    TooLong,
    /// Not three base64url parts with a JSON header that we understand.
    #[error("the token is not a signed JWT")]
    Malformed,
    /// `none`, or anything but HS256, RS256, ES256 and EdDSA.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// The header's `alg` is not the one its key is pinned to.
    #[error("the token's algorithm is not the one of its key")]
    AlgorithmMismatch,
    /// No key has the token's `kid`.
    #[error("the token's key is not known")]
    UnknownKey,
    /// Signed by another key, or changed afterwards.
    #[error("the token's signature does not verify")]
    Signature,
    /// A claim that must be there is not.
    #[error("the token has no `{0}` claim")]
    MissingClaim(&'static str),
    /// A claim of the wrong type or form.
    #[error("the token's `{0}` claim is not valid")]
    InvalidClaim(&'static str),
    /// The payload is no JSON object of the documented types, or names a claim twice.
    #[error("the token's claims are not of the documented form")]
    Claims,
    /// `iss` is another.
    #[error("the token is from another issuer")]
    Issuer,
    /// `aud` does not contain what this endpoint asks for.
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The key may not sign for the tenant the token names.
    #[error("the token's key may not sign for its tenant")]
    TenantNotAllowed,
    /// The token is good, but lacks a scope.
    #[error("the token lacks the scope `{0}`")]
    MissingScope(&'static str),
    /// `X-Tenant-ID`, `X-User-ID` or `X-Account-ID` says otherwise than the token.
    #[error("the header {0} does not equal the token's claim")]
    HeaderMismatch(&'static str),
    /// The keys to check with cannot be loaded at the moment.
    #[error("tokens cannot be verified at the moment")]
    KeysUnavailable,
}

/// What a caller can do about it.
enum Kind {
    /// No good token came.
    Unauthenticated,
    /// A good one is not enough.
    Forbidden,
    /// We could not tell.
    Unavailable,
}

impl AuthError {
    /// The problem's documented code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self.kind() {
            Kind::Unauthenticated => "unauthenticated",
            Kind::Forbidden => "forbidden",
            Kind::Unavailable => "unavailable",
        }
    }

    /// The HTTP status: 401, 403 or 503.
    #[must_use]
    pub fn status(self) -> u16 {
        match self.kind() {
            Kind::Unauthenticated => 401,
            Kind::Forbidden => 403,
            Kind::Unavailable => 503,
        }
    }

    /// Whether the same request may succeed a moment later.
    #[must_use]
    pub fn retryable(self) -> bool {
        match self.kind() {
            Kind::Unauthenticated | Kind::Forbidden => false,
            Kind::Unavailable => true,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Missing
            | Self::Scheme
            | Self::TooLong
            | Self::Malformed
            | Self::Algorithm
            | Self::AlgorithmMismatch
            | Self::UnknownKey
            | Self::Signature
            | Self::MissingClaim(_)
            | Self::InvalidClaim(_)
            | Self::Claims
            | Self::Issuer
            | Self::Audience
            | Self::Expired
            | Self::NotYetValid
            | Self::TenantNotAllowed => Kind::Unauthenticated,
            Self::MissingScope(_) | Self::HeaderMismatch(_) => Kind::Forbidden,
            Self::KeysUnavailable => Kind::Unavailable,
        }
    }

    /// A label of few values, for metrics and logs.
    #[must_use]
    pub fn metric_label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Scheme => "scheme",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::AlgorithmMismatch => "algorithm_mismatch",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::MissingClaim(_) => "missing_claim",
            Self::InvalidClaim(_) => "invalid_claim",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::TenantNotAllowed => "tenant_not_allowed",
            Self::MissingScope(_) => "missing_scope",
            Self::HeaderMismatch(_) => "header_mismatch",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }
}

/// Why the secret could not be loaded: for the log and for start-up, never for a caller.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Secrets Manager did not answer, or refused. The text is the error's chain, without any response body.
    #[error("the auth secret could not be read: {0}")]
    SecretsManager(String),
    /// Secrets Manager took longer than [`crate::limits::SECRET_TIMEOUT`].
    #[error("the auth secret could not be read in time")]
    Timeout,
    /// The secret is binary.
    #[error("the auth secret has no text")]
    NotText,
    /// What is in the secret is refused.
    #[error("the auth secret is refused: {0}")]
    Document(#[from] DocumentError),
}
