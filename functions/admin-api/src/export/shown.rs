//! How rows look in an export.

use std::collections::BTreeMap;

use carillon_domain::{
    AccountId, Channel, ConnectionId, Delivery, DeliveryState, InboxView, Notification, ReadMarks, Reason,
};
use carillon_store::{Connection, LedgerRow};
use serde::Serialize;
use serde_json::Value;

/// A notification as the inbox shows it, and what became of it on every channel.
#[derive(Serialize)]
pub(crate) struct Exported<'a> {
    #[serde(flatten)]
    view: InboxView<'a>,
    expires_at: String,
    deliveries: BTreeMap<Channel, Delivered>,
}

#[derive(Serialize)]
struct Delivered {
    state: DeliveryState,
    reason: Option<Reason>,
    attempts: u32,
    at: String,
    until: Option<String>,
}

/// A live connection.
#[derive(Serialize)]
pub(crate) struct Connected {
    connection_id: ConnectionId,
    connected_at: String,
    expires_at: String,
    account_id: Option<AccountId>,
}

/// A row of the ledger, as it is but for its keys.
#[derive(Serialize)]
pub(crate) struct Noted<'a> {
    key: &'a str,
    #[serde(flatten)]
    fields: &'a BTreeMap<String, Value>,
}

impl<'a> Exported<'a> {
    pub(crate) fn of(notification: &'a Notification, marks: &ReadMarks) -> Self {
        let deliveries = notification.deliveries.iter();
        Self {
            view: notification.view(marks),
            expires_at: notification.content.expires_at.to_string(),
            deliveries: deliveries.map(|(channel, delivery)| (*channel, delivery.into())).collect(),
        }
    }
}

impl From<&Delivery> for Delivered {
    fn from(delivery: &Delivery) -> Self {
        Self {
            state: delivery.state,
            reason: delivery.reason,
            attempts: delivery.attempts,
            at: delivery.at.to_string(),
            until: delivery.until.map(|until| until.to_string()),
        }
    }
}

impl From<&Connection> for Connected {
    fn from(connection: &Connection) -> Self {
        Self {
            connection_id: connection.id.clone(),
            connected_at: connection.connected_at.to_string(),
            expires_at: connection.expires_at.to_string(),
            account_id: connection.account.clone(),
        }
    }
}

impl<'a> Noted<'a> {
    pub(crate) fn of(row: &'a LedgerRow) -> Self {
        Self { key: &row.key, fields: &row.fields }
    }
}
