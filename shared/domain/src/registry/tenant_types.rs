//! A tenant's view of the registry: what is shipped, and what the tenant changed or added.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{NotificationType, Registry, UnknownType, nearest};
use crate::Layout;
use crate::input::{FieldError, InputError, parse_json};
use crate::tenant::TenantSettings;

/// What a tenant changed or added, over the shipped registry.
#[derive(Debug, Clone, Default)]
pub struct TenantTypes {
    /// What holds for all its notifications.
    pub settings: TenantSettings,
    /// What stands around its emails; none is the shipped one.
    pub layout: Option<Layout>,
    own: BTreeMap<String, NotificationType>,
}

impl Registry {
    /// The entry that a tenant's document for this key makes: laid over the shipped one, where there is one. A field
    /// that is null in the document has its default.
    pub fn overridden(&self, key: &str, document: &[u8]) -> Result<NotificationType, InputError> {
        let document: BTreeMap<String, Value> = parse_json(document)?;
        if document.get("key").is_some_and(|given| given != key) {
            return Err(FieldError::new("key", "must be the key in the path").into());
        }
        let shipped = self.types.get(key).map(serde_json::to_value).transpose();
        let shipped = shipped.map_err(|error| InputError::Malformed(error.to_string()))?;
        let mut whole = match shipped {
            Some(Value::Object(shipped)) => shipped,
            _ => serde_json::Map::new(),
        };
        whole.insert(String::from("key"), Value::String(key.to_owned()));
        for (field, value) in document {
            if value.is_null() {
                whole.remove(&field);
            } else {
                whole.insert(field, value);
            }
        }
        let whole = serde_json::to_vec(&whole).map_err(|error| InputError::Malformed(error.to_string()))?;
        let entry: NotificationType = parse_json(&whole)?;
        entry.check().map_err(|(field, detail)| FieldError::new(field, detail))?;
        Ok(entry)
    }
}

fn or_none<T: DeserializeOwned>(row: &str, text: Option<&str>, problems: &mut Vec<String>) -> Option<T> {
    text.map(serde_json::from_str).transpose().unwrap_or_else(|error| {
        problems.push(format!("{row}: {error}"));
        None
    })
}

impl TenantTypes {
    /// Reads a tenant's rows. What this version cannot read (a later one wrote it, before a rollback) is left out
    /// and told: the shipped entry then holds.
    #[must_use]
    pub fn read(
        registry: &Registry,
        settings: Option<&str>,
        layout: Option<&str>,
        types: &BTreeMap<String, String>,
    ) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let settings: Option<TenantSettings> = or_none("settings", settings, &mut problems);
        let layout = or_none("layout", layout, &mut problems);
        let mut own = BTreeMap::new();
        for (key, document) in types {
            match registry.overridden(key, document.as_bytes()) {
                Ok(entry) => {
                    own.insert(key.clone(), entry);
                }
                Err(error) => problems.push(format!("type {key}: {error}")),
            }
        }
        (Self { settings: settings.unwrap_or_default(), layout, own }, problems)
    }

    /// Looks a type up: the tenant's own, else the shipped one.
    pub fn get<'a>(&'a self, registry: &'a Registry, key: &str) -> Result<&'a NotificationType, UnknownType> {
        match self.own.get(key) {
            Some(entry) => Ok(entry),
            None => registry.types.get(key).ok_or_else(|| UnknownType {
                nearest: nearest(key, registry.types.keys().chain(self.own.keys())),
            }),
        }
    }

    /// All types the tenant has, by key.
    #[must_use]
    pub fn all<'a>(&'a self, registry: &'a Registry) -> BTreeMap<&'a str, &'a NotificationType> {
        let entries = registry.types.values().chain(self.own.values());
        entries.map(|entry| (entry.key.as_str(), entry)).collect()
    }

    /// Every key of consent the tenant's types need.
    #[must_use]
    pub fn opt_in_keys<'a>(&'a self, registry: &'a Registry) -> BTreeSet<&'a str> {
        let keys = self.all(registry).into_values().filter_map(|entry| entry.opt_in_key.as_deref());
        keys.chain([crate::PROMOTIONS]).collect()
    }
}
