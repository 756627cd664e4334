//! All of a user's inbox: handing it out, and erasing it.

use carillon_domain::{Notification, TenantId, Ulid, UserId};

use super::{Inbox, live, sk, ulid_of};
use crate::StoreError;
use crate::erase::{self, Erased, Until};
use crate::item::{key, partition, s};

/// Some of a user's notifications.
#[derive(Debug, Default)]
pub struct ExportPage {
    /// Oldest first; archived ones and ones past retention too.
    pub notifications: Vec<Notification>,
    /// After which one the next page starts, if there is one.
    pub next: Option<Ulid>,
}

impl Inbox {
    /// Some of all that a user's inbox holds, at most 1 MB of it, after this one; consistent.
    pub async fn export(
        &self,
        tenant: &TenantId,
        user: &UserId,
        after: Option<Ulid>,
    ) -> Result<ExportPage, StoreError> {
        let pk = partition(tenant, user);
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .filter_expression("attribute_not_exists(deleted_at)")
            .expression_attribute_values(":pk", s(&pk))
            .expression_attribute_values(":prefix", s("n#"))
            .consistent_read(true)
            .set_exclusive_start_key(after.map(|ulid| key(&pk, &sk(ulid))))
            .send()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let notifications = live(user, page.items.unwrap_or_default());
        Ok(ExportPage { notifications, next: page.last_evaluated_key.as_ref().and_then(ulid_of) })
    }

    /// Deletes all of a user's inbox, tombstones and read marks too, as far as the time goes.
    pub async fn erase(&self, tenant: &TenantId, user: &UserId, until: Until) -> Result<Erased, StoreError> {
        erase::partition(&self.client, &self.table, &partition(tenant, user), until).await
    }
}
