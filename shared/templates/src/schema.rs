//! The JSON Schema of a type's `data`.

use carillon_domain::{FieldError, NotificationType};
use jsonschema::{PatternOptions, Validator};
use serde_json::{Value, json};

/// Patterns run in linear time, and nothing is fetched: a `$ref` to elsewhere is an error.
fn compile(schema: &Value) -> Result<Validator, FieldError> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options
        .build(schema)
        .map_err(|error| FieldError::new("data_schema", format!("is not a JSON Schema: {error}")))
}

pub(crate) fn check(entry: &NotificationType) -> Result<(), FieldError> {
    entry.data_schema.as_ref().map_or(Ok(()), |schema| compile(schema).map(drop))
}

pub(crate) fn validate(entry: &NotificationType, variables: &Value) -> Result<(), FieldError> {
    let Some(schema) = &entry.data_schema else { return Ok(()) };
    let empty = json!({});
    let data = variables.get("data").unwrap_or(&empty);
    compile(schema)?.validate(data).map_err(|error| {
        let path = error.instance_path().to_string();
        let field =
            path.split('/').skip(1).fold(String::from("data"), |field, part| match part.parse::<u64>() {
                Ok(index) => format!("{field}[{index}]"),
                Err(_) => format!("{field}.{part}"),
            });
        let detail: String = error.to_string().chars().take(300).collect();
        FieldError::new(field, format!("does not fit the type's schema: {detail}"))
    })
}

#[cfg(test)]
mod tests {
    use carillon_domain::Registry;

    use super::*;
    use crate::Wanted;

    const NONE: Wanted = Wanted { title: false, body: false, collapse_key: false };

    fn with(schema: Value) -> NotificationType {
        let document = json!({"data_schema": schema}).to_string();
        Registry::shipped().unwrap().overridden("app_update", document.as_bytes()).unwrap()
    }

    #[test]
    fn data_must_fit_and_the_misfit_is_named() {
        let entry = with(json!({
            "type": "object", "required": ["order"],
            "properties": {"order": {"type": "object", "properties": {"lines": {"items": {"type": "integer"}}}}},
        }));
        let fill = |data: Value| crate::fill(&entry, &json!({"data": data}), NONE, &[]).map(drop);
        assert_eq!(fill(json!({"order": {"lines": [1]}})), Ok(()));
        assert_eq!(fill(json!({"order": {"lines": [1, "x"]}})).unwrap_err().field, "data.order.lines[1]");
        assert_eq!(fill(json!({})).unwrap_err().field, "data");
        assert_eq!(
            crate::fill(&entry, &json!({}), NONE, &[]).unwrap_err().field,
            "data",
            "no data is empty data"
        );
    }

    #[test]
    fn a_schema_is_checked() {
        for bad in [
            json!({"type": "nonsense"}),
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"pattern": "("}),
        ] {
            assert_eq!(crate::check(&with(bad.clone())).unwrap_err().field, "data_schema", "{bad}");
        }
    }
}
