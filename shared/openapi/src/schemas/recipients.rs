//! What a tenant says about its users.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::suppressions::Suppressed;
use super::text::{Email, Id, Locale, Phone, Time};

/// A profile. What is not set is null.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    user_id: Id,
    email: Option<Email>,
    email_verified: Option<bool>,
    phone: Option<Phone>,
    locale: Option<Locale>,
    /// IANA.
    timezone: Option<String>,
    #[schema(value_type = Option<Object>, additional_properties)]
    attributes: Option<Value>,
    /// Those of its addresses that are suppressed.
    suppressed: Vec<String>,
    created_at: Time,
    updated_at: Time,
}

/// Replaces the profile.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutProfile {
    email: Option<Email>,
    /// Email goes out unless this is false.
    email_verified: Option<bool>,
    phone: Option<Phone>,
    locale: Option<Locale>,
    #[schema(format = "iana-time-zone")]
    timezone: Option<String>,
    /// The tenant's own facts: at most 8192 bytes of JSON.
    #[schema(value_type = Option<Object>, additional_properties)]
    attributes: Option<Value>,
}

/// Many profiles, of different users.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkProfiles {
    #[schema(min_items = 1, max_items = 100)]
    recipients: Vec<BulkProfile>,
}

/// One of many.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkProfile {
    user_id: Id,
    email: Option<Email>,
    email_verified: Option<bool>,
    phone: Option<Phone>,
    locale: Option<Locale>,
    #[schema(format = "iana-time-zone")]
    timezone: Option<String>,
    #[schema(value_type = Option<Object>, additional_properties)]
    attributes: Option<Value>,
}

/// How many were put.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Updated {
    updated: u64,
}

/// What was erased.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erased {
    /// False: there is more; ask again.
    erased: bool,
    /// Rows of this call.
    rows: u64,
}

/// Everything the tenant holds on a user. A later page has `notifications` and `ledger` only.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    user_id: Id,
    exported_at: Time,
    #[schema(value_type = Option<Object>, additional_properties)]
    profile: Option<Value>,
    preferences: Option<Documents>,
    settings: Option<Documents>,
    /// By channel.
    #[schema(nullable = false)]
    subscriptions: Option<BTreeMap<String, Value>>,
    #[schema(nullable = false)]
    devices: Option<Vec<Value>>,
    /// What was counted against caps and throttle.
    limits: Option<Vec<Value>>,
    /// What this version has no name for.
    #[schema(nullable = false)]
    other: Option<BTreeMap<String, Value>>,
    #[schema(nullable = false)]
    connections: Option<Vec<Connection>>,
    /// Of the profile's addresses, and of those from which something came back.
    #[schema(nullable = false)]
    suppressions: Option<Vec<Suppressed>>,
    #[schema(value_type = Vec<Object>)]
    notifications: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    ledger: Vec<Value>,
    /// Where the next page starts.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The user's own document, and those of single accounts.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Documents {
    #[schema(value_type = Value)]
    user: Value,
    accounts: BTreeMap<String, Value>,
}

/// A live connection.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    connection_id: String,
    connected_at: Time,
    expires_at: Time,
    #[schema(required)]
    account_id: Option<Id>,
}
