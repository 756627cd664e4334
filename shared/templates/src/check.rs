//! Whether texts can be rendered at all.

use std::collections::BTreeMap;

use carillon_domain::{FieldError, NotificationType, TextKind};
use minijinja::{Environment, UndefinedBehavior};

use crate::environment::{DEFAULT_LANGUAGE, environment};
use crate::error::says;
use crate::{condition, guard};

/// Whether all texts, in all languages, can be rendered at all.
pub(crate) fn check(entry: &NotificationType) -> Result<(), FieldError> {
    let mut environments: BTreeMap<(Option<&str>, bool), Environment<'_>> = BTreeMap::new();
    for (field, tag, kind, text) in entry.templates.all() {
        let html = kind == TextKind::Html;
        let environment = environments
            .entry((tag, html))
            .or_insert_with(|| lenient(environment(tag.unwrap_or(DEFAULT_LANGUAGE), html)));
        tried(environment, &field, text)?;
    }
    let collapse_key = entry.collapse_key.as_deref();
    let environment = || lenient(environment(DEFAULT_LANGUAGE, false));
    collapse_key.map_or(Ok(()), |text| tried(&environment(), "collapse_key", text))
}

fn tried(environment: &Environment<'_>, field: &str, text: &str) -> Result<(), FieldError> {
    guard::template(text, 1).map_err(|error| FieldError::new(field, error.detail))?;
    let parsed = environment.template_from_str(text);
    let parsed = parsed.map_err(|error| FieldError::new(field, says(&error)))?;
    // What it becomes is nobody's: it is not kept.
    let rendered = parsed.render_captured_to((), std::io::sink()).map(drop);
    condition::known(rendered).map_err(|error| FieldError::new(field, says(&error)))
}

/// Goes on where a variable is not there, so that what is wrong behind it shows.
fn lenient(mut environment: Environment<'static>) -> Environment<'static> {
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment
}

#[cfg(test)]
mod tests {
    use carillon_domain::Registry;
    use serde_json::json;

    #[test]
    fn what_is_written_wrongly_is_found_wherever_it_stands() {
        let registry = Registry::shipped().unwrap();
        for (path, text) in [
            ("email.subject", "{{ a"),
            ("email.html", "{% if a %}"),
            ("sms", "{{ a }} {{ a.b }} {{ c | no_such_filter }}"),
            ("push.body", "{{ n | plural(one='#') }}"),
            ("push.title", "{{ n | plural(other='#', single='#') }}"),
            ("locales.de.title", "{{ a is no_such_test }}"),
        ] {
            let place = path.split('.').rev().fold(json!(text), |inner, name| json!({name: inner}));
            let document = json!({"templates": place}).to_string();
            let entry = registry.overridden("app_update", document.as_bytes()).unwrap();
            let error = crate::check(&entry).unwrap_err();
            assert_eq!(error.field, format!("templates.{path}"), "{error}");
        }
    }
}
