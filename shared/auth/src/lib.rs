//! Who is calling: JWTs verified with keys from a secret or a JWKS URL.
//!
//! What holds whatever a token says:
//! - The algorithm belongs to the key, never to the token: `none` cannot be expressed, and a token whose header
//!   names another algorithm than its key is refused before any cryptography.
//! - Every key lists the tenants it may sign for.
//! - Tenant and user come only from a verified token, already parsed into ids.
//! - No error text and no log line carries any part of a token or of a key.
//! - No clock is read here: callers pass the time, in seconds since the epoch.
//!
//! How fast a change is seen: a new key at once (an unknown `kid` reloads, within the limits of [`limits`]),
//! a removed one when the cache is next refreshed ([`limits::SECRET_TTL`], [`limits::JWKS_TTL`]).

mod algorithm;
mod auth;
mod bearer;
mod cache;
mod claims;
mod document;
mod error;
mod fetch;
mod jwks;
mod key;
mod keyring;
pub mod limits;
mod problem;
mod secret;
mod tenants;
mod token;

pub use auth::Auth;
pub use bearer::bearer;
pub use claims::{Audience, Claims};
pub use document::{JwksUrls, SecretDocument};
pub use error::{AuthError, LoadError};
pub use problem::{DocumentError, KeyProblem};
