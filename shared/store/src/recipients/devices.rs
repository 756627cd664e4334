//! A user's devices: listing them, and taking them away.

use std::cmp::Reverse;

use carillon_domain::{Device, GoneDevice, Millis, TenantId, UserId};
use tokio::time::Instant;

use super::facts::read;
use super::owner::{Outcome, RETRIES, device_key, device_sk, owner_key, owner_of};
use super::retry::pause;
use super::topics::gone;
use super::unused::in_use;
use super::{Range, Recipients, hash};
use crate::item::{Item, partition, text};
use crate::{Scope, StoreError};

/// Which device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceRef<'a> {
    /// By its token, or its endpoint.
    Identity(&'a str),
    /// By what [`Recipients::devices`] and [`Recipients::register`] call it.
    Hash(&'a str),
    /// By the app's own name for it: all that have it.
    DeviceId(&'a str),
}

impl Recipients {
    /// A user's devices in use (of the scope's account, if it has one), the last used first, each with the hash that names
    /// it; consistent.
    pub async fn devices(&self, scope: &Scope, now: Millis) -> Result<Vec<(String, Device)>, StoreError> {
        let rows = self.device_rows(scope, None).await?;
        let named = |row: &Item| Some((hash_of(row)?.to_owned(), read::<Device>("device", row)?));
        let mut devices: Vec<_> = rows.iter().filter(|row| seen(scope, row)).filter_map(named).collect();
        devices.retain(|(_, device)| in_use(device, now));
        devices.sort_by(|(a, x), (b, y)| (Reverse(x.last_used_at), a).cmp(&(Reverse(y.last_used_at), b)));
        Ok(devices)
    }

    /// Takes away the user's own devices that are meant, and says how many there were.
    pub async fn unregister(&self, scope: &Scope, device: DeviceRef<'_>) -> Result<usize, StoreError> {
        Ok(self.take_away(scope, device).await?.len())
    }

    /// The same, and tells of those that are in topics.
    pub async fn give_up(&self, scope: &Scope, device: DeviceRef<'_>) -> Result<Vec<GoneDevice>, StoreError> {
        Ok(self.take_away(scope, device).await?.iter().filter_map(gone).collect())
    }

    async fn take_away(&self, scope: &Scope, device: DeviceRef<'_>) -> Result<Vec<Item>, StoreError> {
        let hashes = match device {
            DeviceRef::Identity(identity) => vec![hash(identity)],
            DeviceRef::Hash(hash) => vec![hash.to_owned()],
            DeviceRef::DeviceId(id) => {
                let rows = self.device_rows(scope, Some("sk, device_id, account")).await?;
                let named = rows.iter().filter(|row| seen(scope, row) && text(row, "device_id") == Some(id));
                named.filter_map(hash_of).map(str::to_owned).collect()
            }
        };
        let mut removed = Vec::new();
        for hash in hashes {
            if scope.account.is_some() {
                let row = self.get(device_key(&scope.tenant, &scope.user, &hash)).await?;
                if !row.is_some_and(|row| seen(scope, &row)) {
                    continue;
                }
            }
            removed.extend(self.remove_device(&scope.tenant, &scope.user, &hash).await?);
        }
        Ok(removed)
    }

    /// Deletes a device with its owner row; none if the user has no such device, else what it was.
    pub(super) async fn remove_device(
        &self,
        tenant: &TenantId,
        user: &UserId,
        hash: &str,
    ) -> Result<Option<Item>, StoreError> {
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let device = device_key(tenant, user, hash);
            let Some(row) = self.get(device.clone()).await? else { return Ok(None) };
            let lost = match self.transact(self.removal(tenant, user, hash)?).await? {
                Outcome::Done => return Ok(Some(row)),
                Outcome::Lost(error) => error,
            };
            let owner = self.get(owner_key(tenant, hash)).await?;
            if owner.as_ref().and_then(owner_of).is_some_and(|owner| owner != user.as_str()) {
                // It moved to another user just now, so that row is theirs, and stays.
                let delete =
                    self.client.delete_item().table_name(&self.table).set_key(Some(device)).send().await;
                return delete.map(|_| None).map_err(|error| StoreError::call("DeleteItem", &error));
            }
            if attempt == RETRIES {
                return Err(lost);
            }
            pause(attempt, began).await;
            attempt += 1;
        }
    }

    /// The rows `device#…`; consistent.
    pub(super) async fn device_rows(
        &self,
        scope: &Scope,
        projection: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        self.rows(Range {
            condition: "pk = :pk AND begins_with(sk, :device)",
            values: &[(":pk", &partition(&scope.tenant, &scope.user)), (":device", &device_sk(""))],
            projection,
            consistent: true,
        })
        .await
    }
}

/// A scope of one account sees what that account registered; one without sees all.
fn seen(scope: &Scope, row: &Item) -> bool {
    scope.account.as_ref().is_none_or(|account| text(row, "account") == Some(account.as_str()))
}

/// The hash in a device's sort key.
pub(super) fn hash_of(row: &Item) -> Option<&str> {
    text(row, "sk")?.strip_prefix("device#")
}
