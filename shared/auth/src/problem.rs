//! Why a document is refused.

/// Why a document is refused. The texts name places in it, never values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or not of the documented shape.
    #[error("not a document of the documented shape (line {line}, column {column})")]
    Shape {
        /// Line of the first fault.
        line: usize,
        /// Column of the first fault.
        column: usize,
    },
    /// `issuer` is empty: every token would have to be anybody's.
    #[error("`issuer` is empty")]
    NoIssuer,
    /// Neither `generated` nor `keys`: no token could be accepted.
    #[error("it has no keys")]
    NoKeys,
    /// `generated` cannot be used.
    #[error("`generated` {0}")]
    Generated(KeyProblem),
    /// An entry of `keys` cannot be used.
    #[error("`keys[{index}]` {problem}")]
    Key {
        /// Which one, from 0.
        index: usize,
        /// Why.
        problem: KeyProblem,
    },
}

/// What is wrong with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says all")]
pub enum KeyProblem {
    #[error("has an `alg` that is not HS256, RS256, ES256 or EdDSA")]
    Algorithm,
    #[error("has no `kid`")]
    NoKid,
    #[error("has the `kid` of another key")]
    DuplicateKid,
    #[error("has a `kid`, which with `jwks_url` comes from there")]
    KidOfJwks,
    #[error("must have exactly one of `secret`, `public_key` and `jwks_url`")]
    Source,
    #[error(
        "has a source that does not fit its `alg`: HS256 takes `secret`, the others `public_key` or `jwks_url`"
    )]
    WrongSource,
    #[error("has a `secret` that is not base64url")]
    SecretEncoding,
    #[error("is shorter than 32 bytes")]
    ShortSecret,
    #[error("has a PEM as its secret, which others may know")]
    SecretIsPem,
    #[error("has a `public_key` that is not a PEM (SPKI) of its `alg`")]
    PublicKey,
    #[error("is an RSA key of less than 2048 or more than 4096 bits")]
    RsaSize,
    #[error("has a `jwks_url` that is not an https URL without credentials")]
    JwksUrl,
    #[error("has the `jwks_url` and `alg` of another entry")]
    DuplicateJwks,
    #[error("lists no tenants")]
    NoTenants,
    #[error("lists a tenant that is not a tenant id")]
    Tenant,
}
