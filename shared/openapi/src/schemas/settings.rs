//! What a tenant sets for all its notifications.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::text::Id;
use super::types::FrequencyCap;
use super::words::Category;

/// A tenant's settings.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantSettings {
    throttle: Throttle,
    /// What quiet hours do to interrupting channels.
    #[schema(pattern = "^(defer|drop)$")]
    quiet_hours: String,
    /// Caps across all types of a category.
    category_caps: BTreeMap<Category, FrequencyCap>,
    /// IANA: of recipients who have none.
    timezone: Option<String>,
    /// Who is told of what needs the tenant's attention.
    admin_user_id: Option<Id>,
}

/// An exact sliding window: so many of one priority to one recipient, within so many seconds.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Throttle {
    limit: u32,
    window_seconds: u32,
    /// What becomes of one too many: stored and muted, or not stored.
    #[schema(pattern = "^(mute|reject)$")]
    mode: String,
}

/// Replaces all settings: what is left out has its default.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutTenantSettings {
    #[schema(nullable = false)]
    throttle: Option<PutThrottle>,
    /// What quiet hours do to interrupting channels. Default: defer.
    #[schema(pattern = "^(defer|drop)$", nullable = false)]
    quiet_hours: Option<String>,
    #[schema(nullable = false)]
    category_caps: Option<BTreeMap<Category, FrequencyCap>>,
    /// IANA: of recipients who have none. Default: UTC.
    #[schema(format = "iana-time-zone")]
    timezone: Option<String>,
    admin_user_id: Option<Id>,
}

/// Default: 5 within 3600 seconds, muted.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutThrottle {
    #[schema(minimum = 1, maximum = 100, nullable = false)]
    limit: Option<u32>,
    #[schema(minimum = 1, maximum = 86_400, nullable = false)]
    window_seconds: Option<u32>,
    #[schema(pattern = "^(mute|reject)$", nullable = false)]
    mode: Option<String>,
}
