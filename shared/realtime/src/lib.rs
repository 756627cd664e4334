//! Posting frames to a user's live WebSocket connections, and ending connections.

mod error;
mod event;
mod poster;
mod to;

pub use error::PostError;
pub use event::caller;
pub use poster::{MAX_CONNECTIONS, Posted, Poster};
pub use to::To;
