//! What a document was before.

use serde_json::Value;
use utoipa::ToSchema;

use super::text::{Id, Time};

/// The newest twenty changes of a document.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Versions {
    #[schema(max_items = 20)]
    data: Vec<VersionNote>,
}

/// A change of a document.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionNote {
    /// Counted from 1.
    #[schema(minimum = 1)]
    version: u32,
    created_at: Time,
    /// The `sub` of the token.
    created_by: Id,
    /// Whether this is a deletion.
    deleted: bool,
    /// The version that was made to hold again.
    restored_from: Option<u32>,
}

/// The same with what was put.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Version {
    /// Counted from 1.
    #[schema(minimum = 1)]
    version: u32,
    created_at: Time,
    created_by: Id,
    deleted: bool,
    restored_from: Option<u32>,
    /// As it was put; not there of a deletion.
    #[schema(value_type = Option<Object>, additional_properties, nullable = false)]
    document: Option<Value>,
}
