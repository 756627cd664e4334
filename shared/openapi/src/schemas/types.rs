//! The registry of types.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::templates::Templates;
use super::text::{TimeOfDay, TypeKey};
use super::words::{Category, Channel, InterruptingChannel, Priority, PriorityInput, PushPolicy};

/// All types the tenant has.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Types {
    data: Vec<NotificationType>,
}

/// A type.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationType {
    key: TypeKey,
    /// Whose it is: as shipped, shipped and changed by the tenant, or the tenant's own.
    #[schema(pattern = "^(shipped|overridden|tenant)$")]
    source: String,
    category: Category,
    priority: Priority,
    /// `in_app` first.
    #[schema(min_items = 1, max_items = 6)]
    channels: Vec<Channel>,
    /// False: nothing of it goes out or is stored.
    enabled: bool,
    /// Bounds the interrupting channels only.
    #[schema(minimum = 1, maximum = 2_592_000)]
    ttl_seconds: u32,
    /// False: only to those who opted in to the type.
    default_enabled: bool,
    throttle_exempt: bool,
    bypass_quiet_hours: bool,
    push_policy: PushPolicy,
    /// What the producer's token needs besides.
    #[schema(nullable = false)]
    required_scope: Option<String>,
    #[schema(nullable = false)]
    frequency_cap: Option<FrequencyCap>,
    #[schema(nullable = false)]
    opt_in_key: Option<TypeKey>,
    /// A template.
    #[schema(nullable = false)]
    collapse_key: Option<String>,
    #[schema(nullable = false)]
    quiet_hours: Option<Window>,
    /// By channel, an expression over the request.
    #[schema(nullable = false)]
    conditions: Option<BTreeMap<InterruptingChannel, String>>,
    /// JSON Schema of `data`.
    #[schema(value_type = Option<Object>, additional_properties, nullable = false)]
    data_schema: Option<Value>,
    templates: Templates,
    /// The longest SMS; 3 if it is not there.
    #[schema(minimum = 1, maximum = 10, nullable = false)]
    max_sms_segments: Option<u8>,
    /// A post's fields, for previews.
    #[schema(value_type = Option<Object>, additional_properties, nullable = false)]
    sample: Option<Value>,
}

/// A document laid over the shipped type, or a type of the tenant's own. Null is the default. A new one needs `category`,
/// `priority` and `channels`; one of marketing needs `frequency_cap` and `opt_in_key`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeDocument {
    /// The key in the path, if it is given.
    key: Option<TypeKey>,
    /// As a GET shows it; not read.
    #[schema(value_type = Option<Value>)]
    source: Option<Value>,
    category: Option<Category>,
    priority: Option<PriorityInput>,
    /// `in_app` first, each once.
    #[schema(min_items = 1, max_items = 6)]
    channels: Option<Vec<Channel>>,
    enabled: Option<bool>,
    #[schema(minimum = 1, maximum = 2_592_000)]
    ttl_seconds: Option<u32>,
    default_enabled: Option<bool>,
    throttle_exempt: Option<bool>,
    bypass_quiet_hours: Option<bool>,
    push_policy: Option<PushPolicy>,
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    required_scope: Option<String>,
    frequency_cap: Option<FrequencyCap>,
    opt_in_key: Option<TypeKey>,
    /// A template: at most 4096 bytes.
    #[schema(min_length = 1, max_length = 4096)]
    collapse_key: Option<String>,
    quiet_hours: Option<Window>,
    /// By interrupting channel of the type, an expression over the request: `percent > 85`.
    conditions: Option<BTreeMap<InterruptingChannel, String>>,
    /// JSON Schema of `data`: at most 8192 bytes, without references to elsewhere.
    #[schema(value_type = Option<Object>, additional_properties)]
    data_schema: Option<Value>,
    templates: Option<Templates>,
    /// The longest SMS: what is longer is cut. Default: 3.
    #[schema(minimum = 1, maximum = 10)]
    max_sms_segments: Option<u8>,
    /// A post's fields (`data`, `sender`, …), for previews: at most 8192 bytes.
    #[schema(value_type = Option<Object>, additional_properties)]
    sample: Option<Value>,
}

/// How many may interrupt one recipient. No more in a day than in a week.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrequencyCap {
    /// In a local day.
    #[schema(minimum = 1, maximum = 100)]
    per_day: Option<u32>,
    /// In an ISO week.
    #[schema(minimum = 1, maximum = 100)]
    per_week: Option<u32>,
}

/// A window on the local clock; `end` before `start` is on the next day.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    start: TimeOfDay,
    end: TimeOfDay,
}
