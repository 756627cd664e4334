//! The engine with a provider that does as it is told, against a real DynamoDB and a queue that keeps what is sent.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod again;
mod crashes;
mod ends;
mod outages;
mod queue;
mod refused;
mod support;
mod time;
