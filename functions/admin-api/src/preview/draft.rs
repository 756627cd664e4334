//! What is to be previewed: a type as it is, or as it would be.

use carillon_domain::{
    FieldError, InputError, Layout, NotificationType, Registry, RequestError, TenantTypes, UnknownType,
    is_locale, parse_json,
};
use carillon_http::Problem;
use carillon_store::CatalogRows;
use serde_json::{Map, Value, json};

use super::refused;

/// What of a post says something. What the body leaves out is the sample's.
const FIELDS: [&str; 11] = [
    "title",
    "body",
    "data",
    "sender",
    "folder",
    "tags",
    "action_url",
    "image_url",
    "actor_id",
    "account_id",
    "org_id",
];

/// The body.
pub(super) struct Draft {
    pub(super) type_key: String,
    pub(super) locale: Option<String>,
    /// In place of the type's.
    templates: Option<Value>,
    /// In place of the tenant's.
    layout: Option<Layout>,
    fields: Map<String, Value>,
}

impl Draft {
    pub(super) fn read(body: &[u8]) -> Result<Self, InputError> {
        let mut fields: Map<String, Value> = parse_json(body)?;
        fields.retain(|_, value| !value.is_null());
        let type_key = text(&mut fields, "type")?.ok_or_else(|| FieldError::new("type", "is required"))?;
        let locale = text(&mut fields, "locale")?;
        if locale.as_ref().is_some_and(|locale| !is_locale(locale)) {
            return Err(FieldError::new("locale", "must be a locale such as de-CH").into());
        }
        let templates = fields.remove("templates");
        let layout = fields.remove("layout").map(|layout| read_layout(&layout)).transpose()?;
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(FieldError::new(unknown.as_str(), "is not a known field").into());
        }
        Ok(Self { type_key, locale, templates, layout, fields })
    }

    /// The tenant's types as they would be.
    pub(super) fn types(&self, registry: &Registry, mut rows: CatalogRows) -> Result<TenantTypes, Problem> {
        if let Some(layout) = &self.layout {
            carillon_email::check_layout(layout).map_err(|error| InputError::from(error.below("layout")))?;
            rows.layout = Some(written(layout)?);
        }
        let known = |rows: &CatalogRows| {
            TenantTypes::read(registry, rows.settings.as_deref(), rows.layout.as_deref(), &rows.types).0
        };
        if let Some(templates) = &self.templates {
            known(&rows).get(registry, &self.type_key).map_err(|unknown| self.unknown(unknown))?;
            let own = rows.types.get(&self.type_key).and_then(|own| serde_json::from_str(own).ok());
            let mut own: Map<String, Value> = own.unwrap_or_default();
            own.insert(String::from("templates"), templates.clone());
            let own = written(&own)?;
            let entry = registry.overridden(&self.type_key, own.as_bytes())?;
            carillon_templates::check(&entry).map_err(InputError::from)?;
            rows.types.insert(self.type_key.clone(), own);
        }
        let types = known(&rows);
        if (self.layout.is_some() || self.templates.is_some())
            && let Ok(entry) = types.get(registry, &self.type_key)
        {
            carillon_email::check(entry, types.layout.as_ref()).map_err(InputError::from)?;
        }
        Ok(types)
    }

    pub(super) fn unknown(&self, unknown: UnknownType) -> Problem {
        let given = self.type_key.chars().take(64).collect();
        refused(RequestError::UnknownType { given, nearest: unknown.nearest })
    }

    /// The post that would say it, to somebody.
    pub(super) fn request(&self, entry: &NotificationType) -> Result<Vec<u8>, Problem> {
        let sample = entry.sample.as_ref().and_then(Value::as_object);
        let value = |name: &&str| self.fields.get(*name).or_else(|| sample?.get(*name));
        let fields = FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?.clone())));
        let mut request: Map<String, Value> = fields.collect();
        request.insert(String::from("type"), json!(entry.key));
        request.insert(String::from("recipient"), json!("somebody"));
        written(&request).map(String::into_bytes)
    }
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, FieldError> {
    match fields.remove(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(FieldError::new(name, "must be a text")),
        None => Ok(None),
    }
}

fn read_layout(layout: &Value) -> Result<Layout, InputError> {
    Layout::accept(layout.to_string().as_bytes()).map_err(|error| match error {
        InputError::Invalid(field) => field.below("layout").into(),
        InputError::Malformed(_) => error,
    })
}

fn written<T: serde::Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "a draft could not be written");
        Problem::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(body: &Value) -> String {
        match Draft::read(body.to_string().as_bytes()) {
            Err(InputError::Invalid(error)) => error.field,
            Err(InputError::Malformed(error)) => error,
            Ok(_) => String::from("none"),
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, expected) in [
            (json!({"type": "t"}), "none"),
            (json!({"type": "t", "locale": "de-CH", "title": null, "data": {"a": 1}}), "none"),
            (json!({}), "type"),
            (json!({"type": 7}), "type"),
            (json!({"type": "t", "locale": "d"}), "locale"),
            (json!({"type": "t", "recipient": "ann"}), "recipient"),
            (json!({"type": "t", "layout": {"mjml": "x"}}), "layout.mjml"),
            (json!({"type": "t", "layout": {"mjml": "{{ content }}", "html": ""}}), "layout.html"),
            (json!({"type": "t", "layout": 7}), "layout"),
        ] {
            assert_eq!(field(&body), expected, "{body}");
        }
    }

    #[test]
    fn what_is_left_out_is_the_samples() {
        let document = json!({"sample": {"title": "S", "data": {"a": 1}, "priority": "low"}}).to_string();
        let entry = Registry::shipped().unwrap().overridden("app_update", document.as_bytes()).unwrap();
        let draft =
            Draft::read(br#"{"type": "app_update", "data": {}, "body": "B", "title": null}"#).unwrap();
        let request: Value = serde_json::from_slice(&draft.request(&entry).unwrap()).unwrap();
        let expected = json!({
            "type": "app_update", "recipient": "somebody", "title": "S", "data": {}, "body": "B",
        });
        assert_eq!(request, expected);
    }
}
