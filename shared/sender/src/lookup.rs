//! What a sender of texts looks up just before it sends: whether the address is suppressed, and what the type says.

use std::sync::Arc;

use carillon_domain::{NotificationType, Reason, Registry, RegistryError, TenantTypes};
use carillon_runtime::Aws;
use carillon_store::{Catalog, CatalogCache, StoreError, Suppressions};

use crate::outcome::{Outcome, Sending};
use crate::time_left::TimeLeft;

/// The catalog, as senders read it.
#[derive(Debug)]
pub struct Lookup {
    types: CatalogCache,
    suppressions: Suppressions,
}

impl Lookup {
    /// In this table.
    pub fn new(aws: &Aws, catalog_table: String) -> Result<Self, RegistryError> {
        Self::by(aws.dynamodb(), catalog_table)
    }

    /// By this client.
    pub fn by(client: aws_sdk_dynamodb::Client, catalog_table: String) -> Result<Self, RegistryError> {
        let catalog = Catalog::new(client.clone(), catalog_table.clone());
        let types = CatalogCache::new(catalog, Arc::new(Registry::shipped()?));
        Ok(Self { types, suppressions: Suppressions::new(client, catalog_table) })
    }

    /// What is made for a recipient of the tenant's types, if the address may be sent to; else what becomes of the recipient.
    ///
    /// Who accepted the notification may have known newer types than are kept here: what cannot be made of these is made once
    /// more of what they are now.
    pub async fn make<T>(
        &self,
        sending: &Sending<'_>,
        address: &str,
        time: TimeLeft,
        make: impl AsyncFn(&TenantTypes, Option<&NotificationType>) -> Result<T, Outcome>,
    ) -> Result<T, Outcome> {
        let key = &sending.message.content.type_key;
        let types = sending.read("catalog", time, self.look(sending, address)).await?;
        let types = types.ok_or(Outcome::Skipped(Reason::Suppressed))?;
        let failed = match make(&types, self.entry(&types, key)).await {
            Err(Outcome::Failed(failure)) if is_of_types(failure.reason) => failure,
            made => return made,
        };
        let newer = sending.read("catalog", time, self.since(sending)).await?;
        if Arc::ptr_eq(&types, &newer) {
            return Err(Outcome::Failed(failed));
        }
        tracing::info!(ulid = %sending.message.ulid, reason = %failed.reason, "made again, of newer types");
        make(&newer, self.entry(&newer, key)).await
    }

    /// None: suppressed.
    async fn look(
        &self,
        sending: &Sending<'_>,
        address: &str,
    ) -> Result<Option<Arc<TenantTypes>>, StoreError> {
        let message = sending.message;
        if self.suppressions.find(&message.tenant, message.channel, address).await?.is_some() {
            return Ok(None);
        }
        let types = self.types.of(&message.tenant, sending.now).await?;
        if self.entry(&types, &message.content.type_key).is_some() {
            return Ok(Some(types));
        }
        // It was known when this was enqueued.
        self.since(sending).await.map(Some)
    }

    /// As they were when this was enqueued, or later.
    async fn since(&self, sending: &Sending<'_>) -> Result<Arc<TenantTypes>, StoreError> {
        let message = sending.message;
        self.types.since(&message.tenant, message.trace.enqueued_at, sending.now).await
    }

    /// The type, unless it is gone since.
    fn entry<'a>(&'a self, types: &'a TenantTypes, key: &str) -> Option<&'a NotificationType> {
        types.get(self.types.registry(), key).ok()
    }
}

/// Whether other types or settings of the tenant may have it go out.
fn is_of_types(reason: Reason) -> bool {
    matches!(reason, Reason::Template | Reason::NotConfigured)
}
