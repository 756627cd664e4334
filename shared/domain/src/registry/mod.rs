//! The type registry: `registry/types.toml`, checked and turned into JSON at build time.

mod entry;
mod templates;
mod tenant_types;

use std::collections::BTreeMap;

pub use entry::{FrequencyCap, NotificationType, Window, is_key};
pub use templates::{EmailTemplates, LocalTemplates, PushTemplates, Templates, TextKind};
pub use tenant_types::TenantTypes;

/// The types this build knows.
#[derive(Debug)]
pub struct Registry {
    types: BTreeMap<String, NotificationType>,
}

/// The registry file is not one.
#[derive(Debug, thiserror::Error)]
#[error("type registry: {0}")]
pub struct RegistryError(String);

/// A type nobody registered.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownType {
    /// The closest key there is.
    pub nearest: Option<String>,
}

impl Registry {
    /// The shipped registry.
    pub fn shipped() -> Result<Self, RegistryError> {
        Self::from_json(include_str!(concat!(env!("OUT_DIR"), "/types.json")))
    }

    /// A registry from its JSON form, `{"types": […]}`.
    pub fn from_json(json: &str) -> Result<Self, RegistryError> {
        let file: entry::File = serde_json::from_str(json).map_err(|e| RegistryError(e.to_string()))?;
        entry::check(&file.types).map_err(RegistryError)?;
        Ok(Self { types: file.types.into_iter().map(|entry| (entry.key.clone(), entry)).collect() })
    }

    /// Looks a type up; where there is none, says which key comes closest.
    pub fn get(&self, key: &str) -> Result<&NotificationType, UnknownType> {
        self.types.get(key).ok_or_else(|| UnknownType { nearest: nearest(key, self.types.keys()) })
    }

    /// All types, by key.
    pub fn types(&self) -> impl Iterator<Item = &NotificationType> {
        self.types.values()
    }
}

fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    known
        .map(|known| (strsim::jaro_winkler(key, known), known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_names_the_nearest() {
        let registry = Registry::shipped().unwrap();
        for (typo, nearest) in [("booking_confirm", "booking_confirmed"), ("chatmessage", "chat_message")] {
            assert_eq!(registry.get(typo).unwrap_err(), UnknownType { nearest: Some(nearest.into()) });
        }
    }

    #[test]
    fn a_bad_registry_says_what_is_wrong() {
        let entry = |key: &str, channels: &str| {
            format!(r#"{{"key":"{key}","category":"system","priority":"low","channels":{channels}}}"#)
        };
        let table = [
            (vec![entry("a", r#"["in_app"]"#), entry("a", r#"["in_app"]"#)], "twice"),
            (vec![entry("a", r#"["push"]"#)], "must begin with in_app"),
            (vec![entry("a", r#"["in_app","push","push"]"#)], "must name a channel once"),
            (vec![entry("A b", r#"["in_app"]"#)], "key must be"),
            (vec![entry("a", r#"["in_app","fax"]"#)], "unknown variant `fax`"),
        ];
        for (types, says) in table {
            let error = Registry::from_json(&format!(r#"{{"types":[{}]}}"#, types.join(","))).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
