//! Emails: what a type's templates and a tenant's layout make of a notification, as HTML, text and MIME. No I/O.

mod address;
mod bounds;
mod cache;
mod check;
mod compiled;
mod error;
mod layout;
mod message;
mod mjml;
mod render;
mod sender;
mod tags;
mod text;
mod words;

pub use address::ascii_address;
pub use check::{check, check_layout};
pub use error::EmailError;
pub use layout::shipped_layout;
pub use message::{Envelope, mime};
pub use render::{Letter, Rendered, Renderer};
pub use sender::{Domains, DomainsError, Mailbox, NotGranted, sender_of};
