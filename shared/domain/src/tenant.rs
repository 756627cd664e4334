//! What a tenant sets for all its notifications.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::input::{FieldError, InputError, parse_json};
use crate::messaging::{Brand, EmailSettings, SmsSettings};
use crate::registry::FrequencyCap;
use crate::validate::zone;
use crate::{Category, UserId};

/// The consent that a marketing type without an opt-in key of its own needs.
pub const PROMOTIONS: &str = "promotions";

/// What the throttle's limit may be: what was counted is kept in one row.
const LIMITS: std::ops::RangeInclusive<u32> = 1..=100;
/// What the throttle's window may be, in seconds: a day at most.
const WINDOWS: std::ops::RangeInclusive<u32> = 1..=86_400;

/// The tenant's row of the catalog, and `GET/PUT /v1/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantSettings {
    /// How many notifications of one priority may interrupt one recipient.
    pub throttle: Throttle,
    /// What quiet hours do to interrupting channels.
    pub quiet_hours: QuietAction,
    /// Caps across all types of a category.
    pub category_caps: BTreeMap<Category, FrequencyCap>,
    /// IANA: of recipients who have none. UTC if left out.
    pub timezone: Option<String>,
    /// Who is told of what needs the tenant's attention.
    pub admin_user_id: Option<UserId>,
    /// How the tenant looks in emails.
    pub brand: Brand,
    /// Whom emails are from.
    pub email: EmailSettings,
    /// Whom SMS are from, and what they may cost.
    pub sms: SmsSettings,
}

/// An exact sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// So many of one priority to one recipient …
    pub limit: u32,
    /// … within so many seconds.
    pub window_seconds: u32,
    /// What becomes of one too many.
    pub mode: ThrottleMode,
}

/// What becomes of one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThrottleMode {
    /// It is stored, and the interrupting channels are skipped.
    #[default]
    Mute,
    /// Nothing is stored.
    Reject,
}

/// What quiet hours do to interrupting channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuietAction {
    /// They wait for the end.
    #[default]
    Defer,
    /// They are skipped.
    Drop,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { limit: 5, window_seconds: 3_600, mode: ThrottleMode::Mute }
    }
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            throttle: Throttle::default(),
            quiet_hours: QuietAction::Defer,
            category_caps: BTreeMap::new(),
            timezone: None,
            admin_user_id: None,
            brand: Brand::default(),
            email: EmailSettings::default(),
            sms: SmsSettings::default(),
        }
    }
}

impl TenantSettings {
    /// Reads the body of a PUT, which replaces them all: what it leaves out has its default.
    pub fn accept(body: &[u8]) -> Result<Self, InputError> {
        let settings: Self = parse_json(body)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), FieldError> {
        if !LIMITS.contains(&self.throttle.limit) {
            return Err(FieldError::new("throttle.limit", "must be 1 to 100"));
        }
        if !WINDOWS.contains(&self.throttle.window_seconds) {
            return Err(FieldError::new("throttle.window_seconds", "must be 1 to 86400"));
        }
        for (category, cap) in &self.category_caps {
            cap.check().map_err(|detail| FieldError::new(format!("category_caps.{category}"), detail))?;
        }
        let zone = self.timezone.as_deref().map_or(Ok(()), zone);
        zone.map_err(|detail| FieldError::new("timezone", detail))?;
        self.brand.check()?;
        self.email.check()?;
        self.sms.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_replace_and_default() {
        assert_eq!(TenantSettings::accept(b"{}"), Ok(TenantSettings::default()));
        let body = br#"{"throttle": {"limit": 100, "mode": "reject"}, "quiet_hours": "drop", "timezone": "Europe/Zurich",
            "category_caps": {"marketing": {"per_day": 1}}, "admin_user_id": "ops"}"#;
        let settings = TenantSettings::accept(body).unwrap();
        let throttle = Throttle { limit: 100, window_seconds: 3_600, mode: ThrottleMode::Reject };
        assert_eq!((settings.throttle, settings.quiet_hours), (throttle, QuietAction::Drop));
        assert_eq!(settings.category_caps[&Category::Marketing].per_day, Some(1));
        let again = serde_json::to_vec(&settings).unwrap();
        assert_eq!(TenantSettings::accept(&again), Ok(settings), "what is shown may be put");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, field) in [
            (r#"{"throttle": {"limit": 0}}"#, "throttle.limit"),
            (r#"{"throttle": {"limit": 101}}"#, "throttle.limit"),
            (r#"{"throttle": {"window_seconds": 86401}}"#, "throttle.window_seconds"),
            (r#"{"throttle": {"mode": "shout"}}"#, "throttle.mode"),
            (r#"{"throttle": {"burst": 1}}"#, "throttle.burst"),
            (r#"{"quiet_hours": "sing"}"#, "quiet_hours"),
            (r#"{"category_caps": {"marketing": {}}}"#, "category_caps.marketing"),
            (r#"{"category_caps": {"system": {"per_day": 3, "per_week": 2}}}"#, "category_caps.system"),
            (r#"{"timezone": "Mars/Olympus"}"#, "timezone"),
            (r#"{"admin_user_id": "a#b"}"#, "admin_user_id"),
            (r#"{"colour": "red"}"#, "colour"),
            ("[]", ""),
        ] {
            match TenantSettings::accept(body.as_bytes()) {
                Err(InputError::Invalid(error)) => assert_eq!(error.field, field, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        assert!(matches!(TenantSettings::accept(b"{"), Err(InputError::Malformed(_))));
    }
}
