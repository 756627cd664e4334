//! Erasing all that a tenant and a user keep about the user.

use carillon_domain::{GoneDevice, Millis, TenantId, UserId};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::devices::hash_of;
use super::topics::gone;
use super::{IN_FLIGHT, Range, Recipients};
use crate::StoreError;
use crate::erase::{self, Until};
use crate::item::{Item, key, ms, n, partition, text};

/// How long the erasure itself is remembered: longer than anything posted before it can be under way, a notification
/// scheduled for in a year included.
const KEPT_SECONDS: i64 = 400 * 86_400;
/// A user's rows here are few: an erasure that began ends.
const UNHURRIED: Until = Until { at: Millis(i64::MAX), clock: || Millis(0) };

impl Recipients {
    /// Deletes every row of the user and the owner rows of their devices, and leaves one that says when. That one is
    /// written first, so that what still comes in for the user is dropped; may be repeated if it failed halfway. Tells of
    /// the devices that are in topics.
    pub async fn erase(
        &self,
        tenant: &TenantId,
        user: &UserId,
        now: Millis,
    ) -> Result<Vec<GoneDevice>, StoreError> {
        let pk = partition(tenant, user);
        let mut erased = key(&pk, "erased");
        erased.insert(String::from("erased_at"), ms(now));
        erased.insert(String::from("purge_at"), n(now.seconds() + KEPT_SECONDS));
        self.put(erased).await?;

        let rows = self
            .rows(Range {
                condition: "pk = :pk",
                values: &[(":pk", &pk)],
                projection: Some("pk, sk"),
                consistent: true,
            })
            .await?;
        let (devices, others): (Vec<Item>, Vec<Item>) = rows
            .into_iter()
            .filter(|row| text(row, "sk") != Some("erased"))
            .partition(|row| hash_of(row).is_some());
        // One by one with its owner row: a token may move to another user at this moment, and stays theirs then.
        let devices: Vec<_> =
            devices.iter().filter_map(hash_of).map(|hash| self.remove_device(tenant, user, hash)).collect();
        let devices: Vec<Option<Item>> =
            stream::iter(devices).buffer_unordered(IN_FLIGHT).try_collect().await?;
        erase::rows(&self.client, &self.table, others, UNHURRIED).await?;
        Ok(devices.iter().flatten().filter_map(gone).collect())
    }
}
