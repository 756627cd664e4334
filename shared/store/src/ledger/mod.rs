//! Short-lived facts with a TTL: which idempotency keys were used, what was never stored, and what was given up.

mod dead;
mod direct;
mod idempotency;
mod trace;

use aws_sdk_dynamodb::Client;

pub use dead::{DeadLetter, DeadNote};
pub use direct::DirectDelivery;
pub use idempotency::{IdempotencyKey, Noted};
pub use trace::{LedgerPage, LedgerRow};

/// The ledger table.
#[derive(Debug, Clone)]
pub struct Ledger {
    client: Client,
    table: String,
}

impl Ledger {
    /// The ledger in this table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}
