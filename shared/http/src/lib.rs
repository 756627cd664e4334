//! What the functions that answer HTTP share: problem+json, authentication, the rules for bodies,
//! ETags, request ids.

mod body;
mod fresh;
mod guard;
mod problem;
mod request_id;
mod router;

pub use body::{MAX_BODY_BYTES, json_body};
pub use guard::authenticate;
pub use problem::Problem;
pub use router::finish;
