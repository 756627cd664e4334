//! Why a template could not be rendered, and which variable it misses.

use std::collections::HashSet;

use carillon_domain::FieldError;
use minijinja::{Error, ErrorKind, Template};
use serde_json::Value;

/// A text that could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct TemplateError {
    /// The variable that is not there, such as `sender.name`.
    pub missing: Option<String>,
    /// What is wrong, in words that fit after a field's name. Nothing of what the variables say is in it.
    pub detail: String,
}

/// A request's own fields; all other variables are its `data`'s.
const OWN: [&str; 8] = ["data", "sender", "folder", "actor_id", "account_id", "org_id", "tags", "action_url"];

impl TemplateError {
    /// Of a template that was rendered with these variables.
    #[must_use]
    pub fn of(error: &Error, template: &Template<'_, '_>, variables: &Value) -> Self {
        let missing = missing(error, template.undeclared_variables(true), template.source(), variables);
        let detail = match &missing {
            Some(name) => format!("needs {name}"),
            None => says(error),
        };
        Self { missing, detail }
    }

    /// The same as a problem of the request that `of` (`the title of new_message`) is rendered for: the variable that is
    /// not there is the field it comes from.
    #[must_use]
    pub fn refusal(&self, of: &str) -> FieldError {
        let Some(name) = &self.missing else {
            return FieldError::new("data", format!("does not fit {of}: {}", self.detail));
        };
        let root = name.split('.').next().unwrap_or_default();
        let field = if OWN.contains(&root) { name.clone() } else { format!("data.{name}") };
        FieldError::new(field, format!("is required by {of}"))
    }
}

/// The first variable, by name, that is not there, of those in the expression that failed.
pub(crate) fn missing(
    error: &Error,
    names: HashSet<String>,
    source: &str,
    variables: &Value,
) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::UndefinedError | ErrorKind::InvalidOperation) {
        return None;
    }
    let absent: Vec<String> = absent(names, variables).collect();
    let failed = error.range().and_then(|range| source.get(range)).unwrap_or_default();
    let there = absent.iter().filter(|name| mentions(failed, name)).min();
    // An alias (`{% set a = b %}`, a loop's variable) fails where the name itself does not stand.
    let aliased = || absent.iter().filter(|_| error.kind() == ErrorKind::UndefinedError).min();
    there.or_else(aliased).cloned()
}

/// These variables, by name, as far as the request does not have them.
pub(crate) fn absent(names: HashSet<String>, variables: &Value) -> impl Iterator<Item = String> {
    let there = move |name: &String| {
        name.split('.')
            .try_fold(variables, |value, part| value.get(part))
            .is_some_and(|value| !value.is_null())
    };
    let functions = ["range", "dict", "namespace", "debug"];
    names.into_iter().filter(move |name| !there(name) && !functions.contains(&name.as_str()))
}

/// Whether an expression has the name as a word.
fn mentions(expression: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    expression.match_indices(name).any(|(at, _)| {
        let before = expression.get(..at).and_then(|text| text.chars().next_back());
        let after = expression.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part)
    })
}

/// What is wrong, without the place in a file that nobody has.
pub(crate) fn says(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("is not valid: {}: {detail}", error.kind()),
        None => format!("is not valid: {}", error.kind()),
    }
}
