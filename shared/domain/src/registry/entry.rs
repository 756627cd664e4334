//! One entry of the registry. Shared with the build script, which checks the file.

use serde::{Deserialize, Serialize};

use crate::vocabulary::{Category, Channel, Priority};

/// A notification type.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationType {
    /// What producers name it by.
    pub key: String,
    /// What it is about.
    pub category: Category,
    /// Used where the request gives none.
    pub priority: Priority,
    /// Every channel it may go out on, `in_app` first.
    pub channels: Vec<Channel>,
    /// Bounds the interrupting channels only.
    #[serde(default = "one_day")]
    pub ttl_seconds: u32,
    /// The scope a producer's token needs beside `notifications:send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_scope: Option<String>,
}

fn one_day() -> u32 {
    86_400
}

/// The whole file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) types: Vec<NotificationType>,
}

/// What is wrong with the file, in words for whoever edits it.
pub(crate) fn check(types: &[NotificationType]) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    for entry in types {
        let key = &entry.key;
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if key.is_empty() || key.len() > 64 || !key.bytes().all(lower) {
            return Err(format!("type {key:?}: a key is 1-64 characters of a-z, 0-9 and _"));
        }
        if !seen.insert(key) {
            return Err(format!("type {key:?} is there twice"));
        }
        if entry.channels.first() != Some(&Channel::InApp) {
            return Err(format!("type {key:?}: in_app is always on and comes first"));
        }
        let mut channels = entry.channels.clone();
        channels.sort_unstable();
        channels.dedup();
        if channels.len() != entry.channels.len() {
            return Err(format!("type {key:?} names a channel twice"));
        }
        if entry.ttl_seconds == 0 {
            return Err(format!("type {key:?}: ttl_seconds must be above 0"));
        }
    }
    Ok(())
}
