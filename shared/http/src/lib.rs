//! What the functions that answer HTTP share: problem+json, authentication, the rules for bodies,
//! paths, ETags, request ids, idempotency keys.

mod body;
mod fresh;
mod guard;
mod idempotency;
mod path;
mod problem;
mod request_id;
mod router;

pub use body::{MAX_BODY_BYTES, json_body};
pub use guard::authenticate;
pub use idempotency::{holds, idempotency_key};
pub use path::Path;
pub use problem::Problem;
pub use router::finish;
