//! Subject, preheader, HTML and text.

use std::sync::Arc;

use carillon_domain::{Content, NotificationType, TenantId, TenantTypes, TextKind};
use carillon_templates::{About, DEFAULT_LANGUAGE};
use serde_json::{Value, json};

use crate::EmailError;
use crate::cache::{Cache, Key};
use crate::compiled::Compiled;
use crate::layout::{self, CONTENT_MJML, CONTENT_TEXT};
use crate::text::{beginning, one_line, unix};

/// Longest subject, in characters.
const MAX_SUBJECT: usize = 255;
/// Longest preheader, in characters: mail programs show less.
const MAX_PREHEADER: usize = 200;
/// How much of a body is a preheader, in characters.
const PREHEADER: usize = 140;
/// Largest text, in bytes.
const MAX_TEXT: usize = 256 * 1024;

/// What an email is made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// The tenant's settings and layout.
    pub types: &'a TenantTypes,
    /// The type; none if it is gone since: then the default content.
    pub entry: Option<&'a NotificationType>,
    /// What it says; title and body in the recipient's language already.
    pub content: &'a Content,
    /// The notification's public id.
    pub id: &'a str,
    /// The recipient's account, if it is about one.
    pub account: Option<&'a str>,
    /// The recipient's.
    pub locale: Option<&'a str>,
    /// Where the recipient unsubscribes; marketing has one.
    pub unsubscribe_url: Option<&'a str>,
}

/// A rendered email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// One line, may be empty.
    pub preheader: String,
    /// The whole document.
    pub html: String,
    /// The whole text.
    pub text: String,
}

/// Renders emails, and keeps what it compiled of the latest templates and layouts.
#[derive(Debug, Default)]
pub struct Renderer {
    cache: Cache,
}

impl Renderer {
    /// With nothing compiled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Renders one.
    pub fn render(&self, letter: &Letter<'_>) -> Result<Rendered, EmailError> {
        let mut variables = carillon_templates::variables(letter.content, &about(letter));
        let of = |kind: TextKind| {
            let text = |entry| carillon_templates::text(entry, kind, letter.locale, &variables);
            let text = letter.entry.map_or(Ok(None), text);
            text.map_err(|error| EmailError::template(kind.path(), error))
        };
        let subject = of(TextKind::Subject)?.unwrap_or_default();
        let preheader =
            of(TextKind::Preheader)?.unwrap_or_else(|| beginning(&letter.content.body, PREHEADER));
        let own = of(TextKind::Text)?;
        let subject = Some(one_line(&subject, MAX_SUBJECT)).filter(|subject| !subject.is_empty());
        let subject = subject.unwrap_or_else(|| one_line(&letter.content.title, MAX_SUBJECT));
        let preheader = one_line(&preheader, MAX_PREHEADER);
        set(&mut variables, "layout", layout::variables(letter, &subject, &preheader));
        let html = self.compiled(letter)?.render(&variables)?;
        let own = own.map_or_else(|| plain(CONTENT_TEXT, "email.text", &variables), Ok)?;
        set(&mut variables, "content", json!(own.trim()));
        let text = plain(layout::text(letter.types.layout.as_ref()), "layout.text", &variables)?;
        Ok(Rendered { subject, preheader, html, text: format!("{}\n", unix(&text).trim()) })
    }

    fn compiled(&self, letter: &Letter<'_>) -> Result<Arc<Compiled>, EmailError> {
        let own = letter.entry.and_then(|entry| entry.templates.get(TextKind::Html, letter.locale));
        let (tag, content) = own.unwrap_or((None, CONTENT_MJML));
        let layout = layout::mjml(letter.types.layout.as_ref());
        let key: Key = (
            letter.tenant.clone(),
            own.and(letter.entry).map(|entry| entry.key.clone()),
            tag.map(str::to_owned),
        );
        if let Some(compiled) = self.cache.find(&key, layout, content) {
            return Ok(compiled);
        }
        let compiled = Arc::new(Compiled::new(layout, content, tag.unwrap_or(DEFAULT_LANGUAGE))?);
        self.cache.keep(key, &compiled);
        Ok(compiled)
    }
}

fn about<'a>(letter: &Letter<'a>) -> About<'a> {
    About {
        notification_id: letter.id,
        account: letter.account,
        locale: letter.locale,
        tenant: letter.tenant,
        settings: &letter.types.settings,
        unsubscribe_url: letter.unsubscribe_url,
    }
}

fn set(variables: &mut Value, name: &str, value: Value) {
    if let Some(all) = variables.as_object_mut() {
        all.insert(name.to_owned(), value);
    }
}

/// Plain text, in the words of the default language.
pub(crate) fn plain(template: &str, place: &'static str, variables: &Value) -> Result<String, EmailError> {
    carillon_templates::refuse(template, 1).map_err(|error| EmailError::template(place, error))?;
    let environment = carillon_templates::environment(DEFAULT_LANGUAGE, false);
    let template =
        environment.template_from_str(template).map_err(|error| EmailError::unread(place, &error))?;
    carillon_templates::render(&template, variables, MAX_TEXT)
        .map_err(|error| EmailError::template(place, error))
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
