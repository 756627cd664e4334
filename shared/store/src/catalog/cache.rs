//! Tenants' types in memory: a decision must not cost a read of the catalog each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use carillon_domain::{Millis, Registry, TenantId, TenantTypes};
use tokio::sync::Mutex;

use super::Catalog;
use crate::StoreError;

/// How long a tenant's types are kept.
const TTL_MILLIS: u64 = 60_000;
/// How old they may get while the table cannot be read.
const STALE_MILLIS: u64 = 10 * 60_000;
/// After a failed load, the old ones serve for this long before the next is tried.
const RETRY_MILLIS: u64 = 5_000;
/// Most tenants kept; the one that was asked for longest ago goes.
const MAX_TENANTS: usize = 256;

/// What tenants changed, kept for a minute each.
#[derive(Debug)]
pub struct CatalogCache {
    catalog: Catalog,
    registry: Arc<Registry>,
    tenants: Mutex<BTreeMap<TenantId, Tenant>>,
}

#[derive(Debug)]
struct Tenant {
    asked_at: Millis,
    /// Held while loading, so that one load serves all who wait.
    slot: Arc<Mutex<Option<Loaded>>>,
}

#[derive(Debug)]
struct Loaded {
    types: Arc<TenantTypes>,
    at: Millis,
    tried_at: Millis,
    consistent: bool,
}

impl Loaded {
    fn serves(&self, now: Millis) -> bool {
        age(self.at, now) < TTL_MILLIS || age(self.tried_at, now) < RETRY_MILLIS && self.may_serve(now)
    }

    fn may_serve(&self, now: Millis) -> bool {
        age(self.at, now) < STALE_MILLIS
    }
}

/// A clock that was set back makes nothing eternal.
fn age(then: Millis, now: Millis) -> u64 {
    now.0.abs_diff(then.0)
}

impl CatalogCache {
    /// Keeps what this catalog says over this registry.
    #[must_use]
    pub fn new(catalog: Catalog, registry: Arc<Registry>) -> Self {
        Self { catalog, registry, tenants: Mutex::default() }
    }

    /// What is shipped.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// A tenant's types, at most a minute old; older only while the table cannot be read.
    pub async fn of(&self, tenant: &TenantId, now: Millis) -> Result<Arc<TenantTypes>, StoreError> {
        let slot = self.slot(tenant, now).await;
        let mut slot = slot.lock().await;
        if let Some(loaded) = slot.as_ref().filter(|loaded| loaded.serves(now)) {
            return Ok(Arc::clone(&loaded.types));
        }
        match self.load(tenant, false).await {
            Ok(types) => {
                *slot = Some(Loaded { types: Arc::clone(&types), at: now, tried_at: now, consistent: false });
                Ok(types)
            }
            Err(error) => match slot.as_mut().filter(|loaded| loaded.may_serve(now)) {
                Some(old) => {
                    tracing::warn!(code = error.code(), %error, "a tenant's types could not be read; the old ones hold");
                    old.tried_at = now;
                    Ok(Arc::clone(&old.types))
                }
                None => Err(error),
            },
        }
    }

    /// The same, read anew if it was read before `since`: for a type that is not known here, but was to whoever accepted
    /// a notification of it then.
    pub async fn since(
        &self,
        tenant: &TenantId,
        since: Millis,
        now: Millis,
    ) -> Result<Arc<TenantTypes>, StoreError> {
        let slot = self.slot(tenant, now).await;
        let mut slot = slot.lock().await;
        if let Some(loaded) = slot.as_ref().filter(|loaded| loaded.consistent && loaded.at > since) {
            return Ok(Arc::clone(&loaded.types));
        }
        let types = self.load(tenant, true).await?;
        *slot = Some(Loaded { types: Arc::clone(&types), at: now, tried_at: now, consistent: true });
        Ok(types)
    }

    async fn load(&self, tenant: &TenantId, consistent: bool) -> Result<Arc<TenantTypes>, StoreError> {
        let rows = self.catalog.rows(tenant, consistent).await?;
        let (types, problems) =
            TenantTypes::read(&self.registry, rows.settings.as_deref(), rows.layout.as_deref(), &rows.types);
        for problem in problems {
            // Which row, not what it says: that is the tenant's.
            let row = problem.split(':').next().unwrap_or_default();
            tracing::error!(code = "catalog_row_unreadable", row, "the shipped one holds");
        }
        Ok(Arc::new(types))
    }

    async fn slot(&self, tenant: &TenantId, now: Millis) -> Arc<Mutex<Option<Loaded>>> {
        let mut tenants = self.tenants.lock().await;
        if let Some(known) = tenants.get_mut(tenant) {
            known.asked_at = now;
            return Arc::clone(&known.slot);
        }
        if tenants.len() >= MAX_TENANTS {
            let oldest = tenants.iter().min_by_key(|(_, tenant)| tenant.asked_at).map(|(id, _)| id.clone());
            oldest.map(|oldest| tenants.remove(&oldest));
        }
        let slot = Arc::default();
        tenants.insert(tenant.clone(), Tenant { asked_at: now, slot: Arc::clone(&slot) });
        slot
    }
}
