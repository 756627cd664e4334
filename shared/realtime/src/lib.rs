//! Posting frames to a user's live WebSocket connections, and ending connections.

mod event;
mod poster;

pub use event::caller;
pub use poster::{MAX_CONNECTIONS, PostError, Posted, Poster, To};
