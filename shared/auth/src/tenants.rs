//! Which tenants a key may sign for.

use std::collections::BTreeSet;

use carillon_domain::TenantId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tenants {
    /// `["*"]`.
    All,
    Only(BTreeSet<TenantId>),
}

impl Tenants {
    /// `None` if a name is no tenant's; an empty list yields an empty set, which the caller refuses.
    pub(crate) fn parse(names: &[String]) -> Option<Self> {
        if names.iter().any(|name| name == "*") {
            return Some(Self::All);
        }
        names.iter().map(|name| TenantId::parse(name).ok()).collect::<Option<_>>().map(Self::Only)
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Only(tenants) => tenants.is_empty(),
        }
    }

    pub(crate) fn include(&self, tenant: &TenantId) -> bool {
        match self {
            Self::All => true,
            Self::Only(tenants) => tenants.contains(tenant),
        }
    }
}
