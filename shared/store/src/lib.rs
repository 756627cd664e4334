//! DynamoDB: the inbox, the connections, the ledger. Every key starts with the tenant; every read that follows a
//! user's own write is consistent; every write that must happen once is conditional.

mod connections;
mod error;
mod inbox;
mod item;
mod ledger;

pub use connections::{Connection, Connections};
pub use error::StoreError;
pub use inbox::{
    Cancelled, Change, Inbox, Page, PageQuery, Put, RETENTION_DAYS, Row, Scope, Start, Tombstone, View,
};
pub use ledger::{IdempotencyKey, Ledger, Noted};
