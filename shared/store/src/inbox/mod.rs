//! The inbox: one row per notification and, beside them, one row of read marks per user.
//!
//! * row: pk `{tenant}#{user}`, sk `n#{ulid}`; while unread, the attribute `unread` (a ULID minted when the row was
//!   put) makes it appear in the local index `by_unread`, which gives strongly consistent counts. While it is archived
//!   (`archived_at`) or snoozed (`snoozed_until`), never both, that key waits in `held`.
//! * marks: the same pk, sk `state`; `read_through` is the `unread` up to which all is read, `seen_through` the one up
//!   to which all is seen, `read_at` and `seen_at` are since when; `read_through#{account}` and so on are the same for
//!   one account.
//! * a deleted or cancelled notification leaves a row without content, which no redelivery brings back.

mod born;
mod change;
mod claim;
mod cleanup;
mod deliver;
mod erase;
mod feedback;
mod filter;
mod marks;
mod note;
mod query;
mod read;
mod resync;
mod rows;
mod snooze;
mod state;
mod stats;
mod told;
mod unread;
mod update;
mod write;

use aws_sdk_dynamodb::Client;
use carillon_domain::{AccountId, Millis, Notification, NotificationId, TenantId, Ulid, UserId};

use crate::StoreError;
use crate::item::{Item, partition, s, text, time};

pub use born::SLOW_MILLIS;
pub use cleanup::{Cleaned, Cleared};
pub use deliver::{Advanced, Step};
pub use erase::ExportPage;
pub use feedback::{Heard, Report};
pub use filter::Filter;
pub use query::{Page, PageQuery, View};
pub use read::ReadMany;
pub use stats::Stats;
pub use update::Change;
pub use write::{Cancelled, Canceller, Put};

/// Older than this counts as archived.
pub const RETENTION_DAYS: i64 = 30;
const RETENTION_SECONDS: i64 = RETENTION_DAYS * 86_400;
/// Rows go at twice the retention.
const PURGE_SECONDS: i64 = 2 * RETENTION_SECONDS;

/// Whose inbox a call is about: always from the token, never from the request.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// Where the token is limited to one account: only that account's rows are seen and changed.
    pub account: Option<AccountId>,
}

/// The inbox table.
#[derive(Debug, Clone)]
pub struct Inbox {
    client: Client,
    table: String,
}

/// What is left of a notification that was deleted or cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Set where the producer withdrew it before it was stored.
    pub cancelled_at: Option<Millis>,
    /// By whom: the `sub`s of producers' tokens.
    pub cancelled_by: Vec<String>,
    /// Whether that was an admin, who may withdraw anybody's.
    pub by_admin: bool,
}

/// What stands at a notification's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A notification.
    Live(Box<Notification>),
    /// What is left of one.
    Gone(Tombstone),
}

impl Inbox {
    /// The inbox in this table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl Scope {
    fn pk(&self) -> String {
        partition(&self.tenant, &self.user)
    }
}

fn sk(ulid: Ulid) -> String {
    format!("n#{ulid}")
}

/// The instant before which a notification counts as archived.
fn cutoff(now: Millis) -> Millis {
    now.plus_seconds(-RETENTION_SECONDS)
}

/// When the TTL may take a row that was created then and is wanted at least until this, in seconds.
fn purge_after(created: Millis, until: Millis) -> i64 {
    (created.seconds() + PURGE_SECONDS).max(until.seconds() + RETENTION_SECONDS)
}

fn to_item(tenant: &TenantId, notification: &Notification) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(notification)?;
    let purge_at = notification.created_at.seconds() + PURGE_SECONDS;
    item.insert(String::from("pk"), s(partition(tenant, &notification.id.user)));
    item.insert(String::from("sk"), s(sk(notification.id.ulid)));
    item.insert(String::from("purge_at"), crate::item::n(purge_at));
    Ok(item)
}

fn ulid_of(item: &Item) -> Option<Ulid> {
    text(item, "sk").and_then(|sk| sk.strip_prefix("n#")).and_then(|ulid| Ulid::from_string(ulid).ok())
}

fn from_item(user: &UserId, item: Item) -> Result<Row, StoreError> {
    if item.contains_key("deleted_at") {
        return Ok(Row::Gone(Tombstone {
            cancelled_at: time(&item, "cancelled_at"),
            cancelled_by: item
                .get("cancelled_by")
                .and_then(|by| by.as_ss().ok())
                .cloned()
                .unwrap_or_default(),
            by_admin: item.contains_key("by_admin"),
        }));
    }
    let ulid = ulid_of(&item).unwrap_or_else(Ulid::nil);
    let mut notification: Notification = serde_dynamo::from_item(item)?;
    notification.id = NotificationId { ulid, user: user.clone() };
    Ok(Row::Live(Box::new(notification)))
}

/// The notifications among some rows. One that this version cannot read (written by a later one, before a
/// rollback) must not take the whole list with it.
fn live(user: &UserId, rows: Vec<Item>) -> Vec<Notification> {
    let readable = |row| match from_item(user, row) {
        Ok(Row::Live(notification)) => Some(*notification),
        Ok(Row::Gone(_)) => None,
        Err(error) => {
            tracing::error!(code = error.code(), %error, "a row is left out");
            None
        }
    };
    rows.into_iter().filter_map(readable).collect()
}
