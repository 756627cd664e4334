//! What a tenant sets for all its notifications.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::text::{Email, HttpsUrl, Id, Line100, Line300};
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
    brand: Brand,
    email: EmailSettings,
    sms: SmsSettings,
}

/// How the tenant looks in emails.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Brand {
    /// The tenant's id if left out.
    name: Option<Line100>,
    /// An image above the content.
    logo_url: Option<HttpsUrl>,
    /// Of buttons and links.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    color: Option<String>,
    /// The postal address below the content.
    address: Option<Line300>,
    /// Where the app is: a root-relative `action_url` is taken from here.
    app_url: Option<HttpsUrl>,
}

/// Whom emails are from.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailSettings {
    /// The brand's name if left out.
    from_name: Option<Line100>,
    /// In a domain that the deployment grants the tenant; the deployment's address if left out.
    from: Option<Email>,
    /// Where answers go.
    #[schema(max_items = 5)]
    reply_to: Vec<Email>,
}

/// Whom SMS are from, and what they may cost.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmsSettings {
    /// Letters and digits, at least one a letter.
    #[schema(pattern = "^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$")]
    sender_id: Option<String>,
    /// US dollars: what would cost more does not go out.
    #[schema(pattern = "^(?=.*[1-9])[0-9]{1,3}(\\.[0-9]{1,5})?$")]
    max_price_usd: Option<String>,
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
    #[schema(nullable = false)]
    brand: Option<Brand>,
    #[schema(nullable = false)]
    email: Option<PutEmailSettings>,
    #[schema(nullable = false)]
    sms: Option<SmsSettings>,
}

/// As they are shown; what is left out has its default.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutEmailSettings {
    from_name: Option<Line100>,
    from: Option<Email>,
    #[schema(max_items = 5, nullable = false)]
    reply_to: Option<Vec<Email>>,
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
