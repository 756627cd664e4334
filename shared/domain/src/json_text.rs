//! A JSON object kept exactly as the producer wrote it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The text of a JSON object. Stored and queued as a string, so that no number, key order or duplicate is
/// changed on the way; shown to clients as the object it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText(String);

impl JsonText {
    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For `#[serde(deserialize_with)]`: reads an object (or null) out of a request.
    pub(crate) fn from_object<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        let Some(raw) = Option::<Box<RawValue>>::deserialize(input)? else { return Ok(None) };
        if raw.get().starts_with('{') {
            Ok(Some(Self(raw.get().to_owned())))
        } else {
            Err(D::Error::custom("must be an object"))
        }
    }

    /// For `#[serde(serialize_with)]`: writes the object itself.
    pub(crate) fn as_object<S: Serializer>(text: &Option<&Self>, output: S) -> Result<S::Ok, S::Error> {
        let raw: Option<&RawValue> = match text {
            Some(text) => Some(serde_json::from_str(&text.0).map_err(serde::ser::Error::custom)?),
            None => None,
        };
        raw.serialize(output)
    }
}
