//! One text.

use std::io::{self, Write};

use carillon_domain::{NotificationType, TextKind};
use minijinja::{Environment, Template};
use serde_json::Value;

use crate::environment::{DEFAULT_LANGUAGE, MAX_RENDERED, environment};
use crate::error::{TemplateError, says};
use crate::guard;

/// Longest title, in characters. A rendered one that is longer is cut, because its parts are others' texts.
const MAX_LINE: usize = 255;

/// What the type's template says in this language (or what it falls back to), as plain text; None where it has none.
pub fn text(
    entry: &NotificationType,
    kind: TextKind,
    locale: Option<&str>,
    variables: &Value,
) -> Result<Option<String>, TemplateError> {
    let Some((tag, text)) = entry.templates.get(kind, locale) else { return Ok(None) };
    let environment = environment(tag.unwrap_or(DEFAULT_LANGUAGE), false);
    one(&environment, kind, text, variables).map(Some)
}

/// A text of this kind. What is a line is cut to one.
pub(crate) fn one(
    environment: &Environment<'_>,
    kind: TextKind,
    text: &str,
    variables: &Value,
) -> Result<String, TemplateError> {
    let rendered = plain(environment, text, variables)?;
    Ok(match kind {
        TextKind::Title | TextKind::PushTitle | TextKind::Subject | TextKind::Preheader => {
            line(&rendered, MAX_LINE)
        }
        TextKind::Body | TextKind::PushBody | TextKind::Html | TextKind::Text | TextKind::Sms => rendered,
    })
}

pub(crate) fn plain(
    environment: &Environment<'_>,
    text: &str,
    variables: &Value,
) -> Result<String, TemplateError> {
    refuse(text, 1)?;
    let template = environment.template_from_str(text);
    let template = template.map_err(|error| TemplateError { missing: None, detail: says(&error) })?;
    render(&template, variables, MAX_RENDERED)
}

/// Refuses a template that could fill the memory: before it is compiled, which computes what is constant. `parts` is of
/// how many templates it is put together.
pub fn refuse(source: &str, parts: usize) -> Result<(), TemplateError> {
    guard::template(source, parts)
}

/// Renders a template that was not refused, to at most so many bytes.
pub fn render(template: &Template<'_, '_>, variables: &Value, most: usize) -> Result<String, TemplateError> {
    let mut written = Bounded { text: Vec::new(), most, full: false };
    let rendered = template.render_captured_to(variables, &mut written).map(drop);
    if written.full {
        let detail = format!("becomes longer than {most} bytes");
        return Err(TemplateError { missing: None, detail });
    }
    rendered.map_err(|error| TemplateError::of(&error, template, variables))?;
    Ok(String::from_utf8(written.text).unwrap_or_default())
}

/// A loop over what others sent must not fill the memory.
struct Bounded {
    text: Vec<u8>,
    most: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.text.len() + part.len() > self.most {
            self.full = true;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.text.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One line of at most so many characters.
pub(crate) fn line(text: &str, max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    if clean.chars().count() <= max {
        return clean.to_owned();
    }
    let mut cut: String = clean.chars().take(max - 1).collect();
    cut.push('…');
    cut
}
