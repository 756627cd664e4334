//! DynamoDB: the inbox, the recipients, the connections, the ledger, the catalog. Every key starts with the tenant; every
//! read that follows a user's own write is consistent; every write that must happen once is conditional.

mod catalog;
mod claim;
mod connections;
mod erase;
mod error;
mod inbox;
mod item;
mod ledger;
mod recipients;
mod suppressions;

pub use catalog::{Catalog, CatalogCache, CatalogRows, Edit, Edited, Version, Versioned};
pub use claim::{Claim, Lease, Turn};
pub use connections::{Connection, Connections};
pub use erase::{Erased, Until};
pub use error::StoreError;
pub use inbox::{
    Advanced, Cancelled, Canceller, Change, Cleaned, Cleared, ExportPage, Filter, Heard, Inbox, Page,
    PageQuery, Put, RETENTION_DAYS, ReadMany, Report, Row, SLOW_MILLIS, Scope, Stats, Step, Tombstone, View,
};
pub use ledger::{
    DeadLetter, DeadNote, DirectDelivery, IdempotencyKey, Ledger, LedgerPage, LedgerRow, Noted,
};
pub use recipients::{Counting, DEVICE_DAYS, DeviceRef, Membership, Recipients, Told, TopicDevice};
pub use suppressions::{Suppressed, SuppressedPage, Suppressions};
