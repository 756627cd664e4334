//! Everything a decision knows about a recipient.

use carillon_domain::{AccountId, AppSettings, Channel, Device, Millis, Recipient, TenantId, UserId};
use serde::de::DeserializeOwned;

use super::limits::limits_of;
use super::unused::in_use;
use super::{Range, Recipients, document};
use crate::StoreError;
use crate::item::{Item, partition, text, time};

impl Recipients {
    /// All of a recipient that a decision reads, for the account of the notification: one query, eventually consistent
    /// (half the price; a change of the last moment may always come too late for a notification).
    pub async fn facts(
        &self,
        tenant: &TenantId,
        user: &UserId,
        account: Option<&AccountId>,
        now: Millis,
    ) -> Result<Recipient, StoreError> {
        let pk = partition(tenant, user);
        let rows = self
            .rows(Range {
                condition: "pk = :pk AND sk BETWEEN :from AND :to",
                values: &[(":pk", &pk), (":from", "device#"), (":to", "sub#~")],
                projection: None,
                consistent: false,
            })
            .await?;
        Ok(recipient(&rows, account, now))
    }
}

/// One row that this version cannot read must not take the others with it: it is left out.
pub(super) fn recipient(rows: &[Item], account: Option<&AccountId>, now: Millis) -> Recipient {
    let mut found = Recipient::default();
    for row in rows {
        let sk = text(row, "sk").unwrap_or_default();
        match sk.split_once('#').unwrap_or((sk, "")) {
            ("device", _) => {
                let device = read::<Device>("device", row);
                let meant = |it: &Device| it.account.is_none() || it.account.as_ref() == account;
                found.devices.extend(device.filter(|it| meant(it) && in_use(it, now)));
            }
            ("profile", _) => found.profile = read("profile", row),
            ("limits", _) => found.limits = limits_of(row),
            ("erased", _) => found.erased_at = time(row, "erased_at"),
            _ => {}
        }
    }
    // The account's filter, where there is one, stands for the user's.
    let filter = |channel: &Channel| {
        let filter = documents(&format!("sub#{channel}"), rows, account).find_map(|row| read("sub", row));
        Some((*channel, filter?))
    };
    found.subscriptions = Channel::ALL.iter().filter_map(filter).collect();
    found.preferences = documents("prefs", rows, account).filter_map(|row| read("prefs", row)).collect();
    found.settings = documents("settings", rows, account).filter_map(settings).collect();
    found
}

/// The account's document first, then the user's. Other accounts' are nobody's business here.
fn documents<'a>(
    name: &'a str,
    rows: &'a [Item],
    account: Option<&'a AccountId>,
) -> impl Iterator<Item = &'a Item> {
    let own = account.map(|account| document(name, Some(account)));
    let keys = own.into_iter().chain([document(name, None)]);
    keys.filter_map(|sk| rows.iter().find(|row| text(row, "sk") == Some(&sk)))
}

/// The log says which kind of row, never what is in it: that may be an address.
pub(super) fn read<T: DeserializeOwned>(kind: &'static str, row: &Item) -> Option<T> {
    match serde_dynamo::from_item(row.clone()) {
        Ok(read) => Some(read),
        Err(error) => {
            left_out(kind, StoreError::Row(error).code());
            None
        }
    }
}

fn settings(row: &Item) -> Option<AppSettings> {
    let read = text(row, "text").map(AppSettings::read);
    if read.is_none() {
        left_out("settings", "store_row_unreadable");
    }
    read
}

fn left_out(row: &'static str, code: &'static str) {
    tracing::error!(code, row, "a row is left out");
}
