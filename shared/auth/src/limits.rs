//! The numbers of this crate, in seconds and bytes.

use std::time::Duration;

/// How long after its `exp` a token is still taken over HTTP: a client's clock and the way here. A socket ends
/// at `exp` exactly.
pub const EXP_LEEWAY: i64 = 5;
/// How far in the future `nbf` and `iat` may lie: the issuer's clock.
pub const NOT_YET_LEEWAY: i64 = 30;
/// Longest token, in bytes. Checked before anything is decoded.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Shortest HS256 key, in bytes: the hash's own length (RFC 7518 §3.2).
pub const MIN_HMAC_BYTES: usize = 32;
/// Shortest RSA modulus, in bits (RFC 7518 §3.3).
pub const MIN_RSA_BITS: usize = 2048;
/// Longest RSA modulus, in bits: what the verifier accepts; a longer one would only cost time.
pub const MAX_RSA_BITS: usize = 4096;

/// After this many seconds the secret is read again.
pub const SECRET_TTL: u64 = 300;
/// An unknown `kid`, or a failure, has the secret read again after this many seconds at the earliest.
pub const SECRET_RETRY: u64 = 10;
/// How long a request waits for the secret to be read again.
pub const SECRET_TIMEOUT: Duration = Duration::from_secs(3);

/// After this many seconds a JWKS is fetched again.
pub const JWKS_TTL: u64 = 600;
/// An unknown `kid`, or a failure, has a JWKS fetched again after this many seconds at the earliest.
pub const JWKS_RETRY: u64 = 30;
/// How long a whole fetch of a JWKS may take.
pub const JWKS_TIMEOUT: Duration = Duration::from_secs(3);
/// Largest JWKS, in bytes, enforced while reading.
pub const MAX_JWKS_BYTES: usize = 256 * 1024;

/// As long as nothing was ever loaded, the next try may come this many seconds after a failure.
pub const FIRST_RETRY: u64 = 5;
