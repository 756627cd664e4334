//! Links that unsubscribe without a login: signed, expiring, bound to a tenant, a user and a key of consent.
//!
//! A link is all its bearer needs, and all it gives: it takes one consent of one user back, and never tells which mail it
//! came with. No error text and no log line carries any part of a token or of a key, and no clock is read here.

mod keys;
mod source;
mod token;

pub use keys::{Keys, KeysError};
pub use source::KeySource;
pub use token::{DAYS, Refused, SignError, Unsubscribe};
