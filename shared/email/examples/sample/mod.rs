//! An email of a type's own sample, as ingest, dispatch and send-email make it: for the preview, the bench and the tests.

use anyhow::{Context as _, Result, anyhow};
use carillon_domain::{
    Content, CreateNotification, Millis, NotificationType, Registry, TenantTypes, Ulid, wording,
};
use carillon_templates::{Wanted, fill};
use serde_json::{Map, Value, json};

/// What a sample of a shipped type says in a language. `data` is laid over the sample's own.
pub(crate) fn content(
    entry: &NotificationType,
    locale: Option<&str>,
    data: Map<String, Value>,
) -> Result<Content> {
    let mut request = match &entry.sample {
        Some(Value::Object(sample)) => sample.clone(),
        Some(_) | None => Map::new(),
    };
    request.insert(String::from("type"), json!(entry.key));
    request.insert(String::from("recipient"), json!("sample"));
    if !data.is_empty() {
        let all = request.entry("data").or_insert_with(|| json!({}));
        all.as_object_mut().context("the sample's data is no object")?.extend(data);
    }
    let request = CreateNotification::parse(Value::Object(request).to_string().as_bytes())?;
    let (title, body, collapse_key) = request.left_out();
    let wanted = Wanted { title, body, collapse_key };
    let texts = fill(entry, &request.variables(), wanted, &request.channels(entry));
    let accepted = request.accept(entry, texts?, Millis(0))?;
    Ok(accepted.content(Ulid::nil()).worded(wording(&accepted.wordings, locale)))
}

/// The shipped types, and a tenant that has an app and a brand.
pub(crate) fn tenant() -> Result<(Registry, TenantTypes)> {
    let registry = Registry::shipped().map_err(|error| anyhow!("{error}"))?;
    let mut types = TenantTypes::default();
    types.settings.brand.name = Some(String::from("Example"));
    types.settings.brand.app_url = Some(String::from("https://app.example.com"));
    types.settings.brand.address = Some(String::from("1 Road, 8000 Town"));
    Ok((registry, types))
}
