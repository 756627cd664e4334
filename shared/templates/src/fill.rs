//! What a type's templates make of a request.

use carillon_domain::{Channel, FieldError, NotificationType, TextKind, Texts, Wording, Wordings, wording};
use minijinja::Environment;
use serde_json::Value;

use crate::environment::{DEFAULT_LANGUAGE, environment};
use crate::render::{line, one, plain};
use crate::{condition, schema};

/// Longest collapse key, in characters.
const MAX_COLLAPSE_KEY: usize = 64;

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

/// What the entry makes of a request: its texts, where the request gives none, in all languages; and the channels whose
/// condition does not hold. `variables` are `CreateNotification::variables`; `channels` those that it may go out on: what
/// only others would say is not asked for.
pub fn fill(
    entry: &NotificationType,
    variables: &Value,
    wanted: Wanted,
    channels: &[Channel],
) -> Result<Texts, FieldError> {
    schema::validate(entry, variables)?;
    let environment = environment(DEFAULT_LANGUAGE, false);
    let own = |needed: bool, kind| match entry.templates.own(kind) {
        Some(text) if needed => said(&environment, entry, kind, text, variables).map(Some),
        Some(_) | None => Ok(None),
    };
    let title = own(wanted.title, TextKind::Title)?.filter(|title| !title.is_empty());
    let body = own(wanted.body, TextKind::Body)?;
    let collapse_key = entry.collapse_key.as_deref().filter(|_| wanted.collapse_key);
    let collapse_key = collapse_key.map(|text| plain(&environment, text, variables)).transpose();
    let collapse_key =
        collapse_key.map_err(|error| error.refusal(&format!("the collapse_key of {}", entry.key)))?;
    let unmet = condition::unmet(&environment, entry, variables)?;
    let push = channels.contains(&Channel::Push) && !unmet.contains(&Channel::Push);
    Ok(Texts {
        wordings: wordings(entry, variables, wanted, push)?,
        title,
        body,
        collapse_key: collapse_key.map(|key| line(&key, MAX_COLLAPSE_KEY)),
        unmet,
    })
}

/// What it says in each language of the templates, as far as that is not what the default or a less particular tag says.
fn wordings(
    entry: &NotificationType,
    variables: &Value,
    wanted: Wanted,
    push: bool,
) -> Result<Wordings, FieldError> {
    let mut all = Wordings::new();
    let mut tags: Vec<&str> = entry.templates.locales.keys().map(String::as_str).collect();
    tags.sort_by_key(|tag| tag.len());
    for tag in std::iter::once("").chain(tags) {
        let locale = Some(tag).filter(|tag| !tag.is_empty());
        let in_this = |needed: bool, kind: TextKind| match entry.templates.get(kind, locale) {
            // The default language's title and body are the content's.
            Some((None, _)) if matches!(kind, TextKind::Title | TextKind::Body) => Ok(None),
            Some((written, text)) if needed => {
                let environment = environment(written.unwrap_or(DEFAULT_LANGUAGE), false);
                let text = said(&environment, entry, kind, text, variables)?;
                let line = matches!(kind, TextKind::Title | TextKind::PushTitle);
                Ok(Some(text).filter(|text| !(line && text.is_empty())))
            }
            Some(_) | None => Ok(None),
        };
        let words = Wording {
            title: in_this(wanted.title, TextKind::Title)?,
            body: in_this(wanted.body, TextKind::Body)?,
            push_title: in_this(push && wanted.title, TextKind::PushTitle)?,
            push_body: in_this(push && wanted.body, TextKind::PushBody)?,
        };
        if wording(&all, locale).cloned().unwrap_or_default() != words {
            all.insert(tag.to_owned(), words);
        }
    }
    Ok(all)
}

pub(crate) fn said(
    environment: &Environment<'_>,
    entry: &NotificationType,
    kind: TextKind,
    text: &str,
    variables: &Value,
) -> Result<String, FieldError> {
    let rendered = one(environment, kind, text, variables);
    rendered.map_err(|error| error.refusal(&format!("the {} of {}", kind.path(), entry.key)))
}

#[cfg(test)]
#[path = "fill_tests.rs"]
mod tests;
