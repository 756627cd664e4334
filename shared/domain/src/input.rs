//! Reading JSON that somebody sent: broken JSON is told apart from JSON that says the wrong thing, and the latter is
//! located.

mod objects;

use serde::de::DeserializeOwned;

use self::objects::Objects;

/// A field that is missing, of the wrong type, or out of bounds. `detail` fits after the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {detail}")]
pub struct FieldError {
    /// Path of the field, such as `recipients[3].user_id`; empty for the whole body.
    pub field: String,
    /// What it must be.
    pub detail: String,
}

/// Why a body was refused. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Not JSON.
    #[error("the body is not valid JSON: {0}")]
    Malformed(String),
    /// JSON that says the wrong thing.
    #[error(transparent)]
    Invalid(#[from] FieldError),
}

impl FieldError {
    /// What is wrong with which field.
    #[must_use]
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }

    /// The same below a parent: `timezone` in `recipients[3]` is `recipients[3].timezone`.
    #[must_use]
    pub fn below(self, parent: &str) -> Self {
        let field =
            if self.field.is_empty() { parent.to_owned() } else { format!("{parent}.{}", self.field) };
        Self { field, ..self }
    }
}

/// Reads a body.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, InputError> {
    let no_object = || FieldError::new("", "the body must be a JSON object").into();
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let parsed = T::deserialize(Objects(tracked)).map_err(|inner| match inner.is_data() {
        true if is_object => located(&track.path().to_string(), &inner.to_string()).into(),
        true => no_object(),
        false => InputError::Malformed(inner.to_string()),
    })?;
    json.end().map_err(|error| InputError::Malformed(error.to_string()))?;
    // What is no struct may be read from something else.
    if is_object { Ok(parsed) } else { Err(no_object()) }
}

/// serde reports a missing field at its parent and an unknown one at itself: point at the field either way.
fn located(path: &str, says: &str) -> FieldError {
    let says = says.rsplit_once(" at line ").map_or(says, |(front, _)| front);
    let path = if path == "." { "" } else { path };
    if let Some(name) = says.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return FieldError::new(field, "is required");
    }
    if says.starts_with("unknown field `") {
        return FieldError::new(path, "is not a known field");
    }
    FieldError::new(path, format!("is not valid: {says}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Body {
        #[serde(default)]
        a: u8,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Nested {
        inner: Option<Body>,
        #[serde(default)]
        all: std::collections::BTreeMap<String, Body>,
        #[serde(default)]
        raw: Option<Box<serde_json::value::RawValue>>,
        #[serde(default)]
        numbers: Vec<u8>,
        #[serde(default)]
        of: Option<Of>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Of {
        One,
        Many { a: u8 },
    }

    #[test]
    fn a_struct_is_an_object_wherever_it_is() {
        let read = |body: &str| parse_json::<Nested>(body.as_bytes());
        let whole = r#"{"inner": {"a": 1}, "all": {"x": {}}, "raw": {"b": [1.50]}, "numbers": [1], "of": {"many": {"a": 2}}}"#;
        let whole = read(whole).unwrap();
        assert_eq!((whole.inner, whole.numbers.as_slice()), (Some(Body { a: 1 }), &[1][..]));
        assert_eq!(whole.raw.unwrap().get(), r#"{"b": [1.50]}"#);
        assert_eq!((whole.all.len(), whole.of), (1, Some(Of::Many { a: 2 })));
        assert_eq!(read(r#"{"inner": null, "of": "one"}"#).unwrap().of, Some(Of::One));
        for (body, field) in [
            (r#"{"inner": []}"#, "inner"),
            (r#"{"inner": [1]}"#, "inner"),
            (r#"{"all": {"x": []}}"#, "all.x"),
            (r#"{"of": {"many": [2]}}"#, "of.many"),
            (r#"{"inner": {"a": "b"}}"#, "inner.a"),
        ] {
            match read(body) {
                Err(InputError::Invalid(error)) => assert_eq!(error.field, field, "{body}: {error}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_body_is_an_object() {
        assert_eq!(parse_json(b" {\"a\":1}"), Ok(Body { a: 1 }));
        for other in [&b"[]"[..], b"[1]", b"null", b"1"] {
            assert!(matches!(parse_json::<Body>(other), Err(InputError::Invalid(_))), "{other:?}");
        }
        assert!(matches!(parse_json::<Body>(b"[1"), Err(InputError::Malformed(_))));
    }
}
