//! Titles and bodies.

use std::collections::HashSet;

use carillon_domain::{FieldError, NotificationType, Texts, Wordings};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use crate::condition;

/// Steps a template may take.
const FUEL: u64 = 10_000;
/// Longest title, in characters. A rendered one that is longer is cut, because its parts are others' texts.
const MAX_TITLE: usize = 255;
/// Longest rendered text, in bytes; what no socket could carry is refused later.
const MAX_RENDERED: usize = 64 * 1024;

/// Which texts the request left out.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// There is no `title`.
    pub title: bool,
    /// There is no `body`.
    pub body: bool,
    /// There is no `collapse_key`.
    pub collapse_key: bool,
}

/// Plain text: nothing is escaped, and a variable that is not there is an error.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment
}

fn texts(entry: &NotificationType) -> [(&'static str, &Option<String>); 3] {
    let templates = &entry.templates;
    [
        ("templates.title", &templates.title),
        ("templates.body", &templates.body),
        ("collapse_key", &entry.collapse_key),
    ]
}

pub(crate) fn check(entry: &NotificationType) -> Result<(), FieldError> {
    let environment = environment();
    for (field, text) in texts(entry) {
        if let Some(text) = text {
            let parsed =
                environment.template_from_str(text).map_err(|error| FieldError::new(field, says(&error)))?;
            known(parsed.render(())).map_err(|error| FieldError::new(field, says(&error)))?;
        }
    }
    Ok(())
}

/// Filters, tests and functions are looked up when they run: run without variables, one that does not exist shows.
pub(crate) fn known<T>(tried: Result<T, Error>) -> Result<(), Error> {
    match tried {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction
            ) =>
        {
            Err(error)
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(crate) fn fill(entry: &NotificationType, variables: &Value, wanted: Wanted) -> Result<Texts, FieldError> {
    let environment = environment();
    let render = |needed: bool, name: &str, text: &Option<String>| match text {
        Some(text) if needed => one(&environment, entry, name, text, variables).map(Some),
        Some(_) | None => Ok(None),
    };
    let title = render(wanted.title, "title", &entry.templates.title)?;
    Ok(Texts {
        wordings: Wordings::new(),
        title: title.map(|title| line(&title, MAX_TITLE)).filter(|title| !title.is_empty()),
        body: render(wanted.body, "body", &entry.templates.body)?,
        collapse_key: render(wanted.collapse_key, "collapse_key", &entry.collapse_key)?
            .map(|key| line(&key, 64)),
        unmet: condition::unmet(&environment, entry, variables)?,
    })
}

fn one(
    environment: &Environment<'_>,
    entry: &NotificationType,
    name: &str,
    text: &str,
    variables: &Value,
) -> Result<String, FieldError> {
    let of = format!("the {name} of {}", entry.key);
    let template = environment.template_from_str(text).map_err(|error| refusal(&error, None, &of))?;
    let rendered = template.render(variables);
    let rendered = rendered
        .map_err(|error| refusal(&error, missing(template.undeclared_variables(true), variables), &of))?;
    if rendered.len() > MAX_RENDERED {
        return Err(FieldError::new("data", format!("makes the {name} of {} too long", entry.key)));
    }
    Ok(rendered)
}

/// One line of at most so many characters.
fn line(text: &str, max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    if clean.chars().count() <= max {
        return clean.to_owned();
    }
    let mut cut: String = clean.chars().take(max - 1).collect();
    cut.push('…');
    cut
}

/// The first of these variables, by name, that the request does not have.
pub(crate) fn missing(names: HashSet<String>, variables: &Value) -> Option<String> {
    let there = |name: &String| {
        name.split('.')
            .try_fold(variables, |value, part| value.get(part))
            .is_some_and(|value| !value.is_null())
    };
    let functions = ["range", "dict", "namespace", "debug"];
    names.into_iter().filter(|name| !there(name) && !functions.contains(&name.as_str())).min()
}

/// Names the variable that is not there, as the field of the request it comes from.
pub(crate) fn refusal(error: &Error, missing: Option<String>, of: &str) -> FieldError {
    let about = matches!(error.kind(), ErrorKind::UndefinedError | ErrorKind::InvalidOperation);
    let Some(name) = missing.filter(|_| about) else {
        return FieldError::new("data", format!("does not fit {of}: {}", says(error)));
    };
    let root = name.split('.').next().unwrap_or_default();
    let own = ["data", "sender", "folder", "actor_id", "account_id", "org_id", "tags", "action_url"];
    let field = if own.contains(&root) { name } else { format!("data.{name}") };
    FieldError::new(field, format!("is required by {of}"))
}

/// What is wrong, without the place in a file that nobody has.
pub(crate) fn says(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("is not valid: {}: {detail}", error.kind()),
        None => format!("is not valid: {}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::Registry;
    use serde_json::json;

    use super::*;

    const ALL: Wanted = Wanted { title: true, body: true, collapse_key: true };

    fn shipped(key: &str, variables: Value) -> Result<Texts, FieldError> {
        crate::fill(Registry::shipped().unwrap().get(key).unwrap(), &variables, ALL)
    }

    #[test]
    fn shipped_templates_say_what_they_should() {
        let table = [
            (
                "new_message",
                json!({"sender": {"name": "Ann"}, "subject": "Hi"}),
                "New message from Ann",
                Some("Hi"),
            ),
            ("new_message", json!({"sender": {"name": "Ann"}}), "New message from Ann", Some("(No subject)")),
            (
                "new_message",
                json!({"sender": {"name": "Ann"}, "subject": ""}),
                "New message from Ann",
                Some("(No subject)"),
            ),
            (
                "sync_complete",
                json!({"folder": "Inbox", "n": 12, "m": 3}),
                "Synced Inbox: 12 messages (3 new)",
                None,
            ),
            (
                "sync_failed",
                json!({"folder": "Inbox", "error": "timeout"}),
                "Failed to sync Inbox: timeout",
                None,
            ),
            ("error_occurred", json!({"type": "E42"}), "Error: E42", None),
            (
                "message_sent",
                json!({"recipient": "bob@example.com", "subject": "<b>"}),
                "Sent to bob@example.com: <b>",
                None,
            ),
            ("attachment_downloaded", json!({"file": "a.pdf"}), "Downloaded a.pdf", None),
            ("quota_warning", json!({"percent": 91.26}), "91.3% full", None),
            ("quota_warning", json!({"percent": 90}), "90.0% full", None),
        ];
        for (key, variables, title, body) in table {
            let texts = shipped(key, variables).unwrap();
            assert_eq!((texts.title.as_deref(), texts.body.as_deref()), (Some(title), body), "{key}");
        }
    }

    #[test]
    fn a_variable_that_is_not_there_is_named() {
        let table = [
            ("new_message", json!({}), "sender"),
            ("new_message", json!({"sender": {}}), "sender.name"),
            ("sync_complete", json!({"folder": "Inbox", "n": 1}), "data.m"),
            ("sync_failed", json!({"error": "x"}), "folder"),
            ("quota_warning", json!({}), "data.percent"),
        ];
        for (key, variables, field) in table {
            let error = shipped(key, variables).unwrap_err();
            assert!(error.field.starts_with(field), "{key}: {error}");
            assert!(error.detail.starts_with("is required by the title of"), "{error}");
        }
    }

    #[test]
    fn a_rendered_title_is_one_line_and_fits() {
        let name = format!("Eve\r\nBcc: {}", "x".repeat(300));
        let title = shipped("new_message", json!({"sender": {"name": name}})).unwrap().title.unwrap();
        assert!(title.starts_with("New message from Eve  Bcc: xx") && title.ends_with('…'), "{title}");
        assert_eq!(title.chars().count(), 255);
    }

    #[test]
    fn templates_are_bounded() {
        let registry = Registry::shipped().unwrap();
        let with = |title: &str| {
            let document = json!({"templates": {"title": title}}).to_string();
            registry.overridden("app_update", document.as_bytes()).unwrap()
        };
        let endless = with("{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}");
        assert!(crate::fill(&endless, &json!({}), ALL).unwrap_err().detail.contains("fuel"));
        assert_eq!(crate::check(&with("{{ a")).unwrap_err().field, "templates.title");
        assert!(crate::check(&with("{{ a | default('b') }}")).is_ok());
        assert!(crate::check(&with("{{ a | no_such_filter }}")).is_err());
    }
}
