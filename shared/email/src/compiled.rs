//! A layout with a type's sections in it, compiled.

use carillon_domain::CONTENT;
use minijinja::value::Value as Printed;
use minijinja::{Environment, Error, Output, State};
use serde_json::Value;

use crate::text::escaped;
use crate::{EmailError, mjml};

/// Largest HTML with the values in it, in bytes.
const MAX_HTML: usize = 1024 * 1024;
/// What is wrong is wrong with this.
const PLACE: &str = "email.html";
/// The one template of its environment.
const NAME: &str = "html";

/// HTML that only lacks its values.
#[derive(Debug)]
pub(crate) struct Compiled {
    layout: String,
    content: String,
    environment: Environment<'static>,
    bytes: usize,
}

impl Compiled {
    /// Compiles sections in a layout; plurals are of the sections' language.
    pub(crate) fn new(layout: &str, content: &str, language: &str) -> Result<Self, EmailError> {
        let html = mjml::compile(&layout.replace(CONTENT, content)).map_err(EmailError::Mjml)?;
        // The layout and the sections.
        carillon_templates::refuse(&html, 2).map_err(|error| EmailError::template(PLACE, error))?;
        // What was parsed of it is about as large again.
        let bytes = layout.len() + content.len() + 2 * html.len();
        let mut environment = carillon_templates::environment(language, true);
        environment.set_formatter(print);
        environment.add_template_owned(NAME, html).map_err(|error| EmailError::unread(PLACE, &error))?;
        Ok(Self { layout: layout.to_owned(), content: content.to_owned(), environment, bytes })
    }

    /// Whether it was made of these.
    pub(crate) fn is_of(&self, layout: &str, content: &str) -> bool {
        self.layout == layout && self.content == content
    }

    /// About what it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// With values.
    pub(crate) fn render(&self, variables: &Value) -> Result<String, EmailError> {
        let template = self.environment.get_template(NAME);
        let template = template.map_err(|error| EmailError::unread(PLACE, &error))?;
        carillon_templates::render(&template, variables, MAX_HTML)
            .map_err(|error| EmailError::template(PLACE, error))
    }
}

/// Escapes what minijinja would, but for slashes: links stay as they are, for whoever looks for them in the HTML (SES does,
/// to count clicks).
fn print(out: &mut Output<'_>, state: &State<'_, '_>, value: &Printed) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => Ok(out.write_str(&escaped(text))?),
        Some(_) | None => minijinja::escape_formatter(out, state, value),
    }
}
