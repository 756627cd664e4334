//! Why an email cannot be made.

use carillon_templates::TemplateError;

/// Why an email cannot be made. Trying again makes it no better.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// A template cannot be rendered with what the notification has.
    #[error("{place}: {detail}")]
    Template {
        /// Which one: `email.subject` as in a type's document, `layout.text` as in the tenant's layout. The HTML of a type
        /// and of the layout around it are one: `email.html`.
        place: &'static str,
        /// The variable that is not there, if that is it.
        missing: Option<String>,
        /// What is wrong; never a value.
        detail: String,
    },
    /// The type's sections, or the layout, are not MJML that can be rendered.
    #[error("mjml: {0}")]
    Mjml(String),
    /// SES takes no such address.
    #[error("address: {0}")]
    Address(&'static str),
}

impl EmailError {
    pub(crate) fn template(place: &'static str, error: TemplateError) -> Self {
        Self::Template { place, missing: error.missing, detail: error.detail }
    }

    /// Of a template that cannot even be read.
    pub(crate) fn unread(place: &'static str, error: &minijinja::Error) -> Self {
        let detail = error.detail().map_or_else(String::new, |detail| format!(": {detail}"));
        Self::Template { place, missing: None, detail: format!("is not valid: {}{detail}", error.kind()) }
    }

    /// What is wrong, in words that fit after a field's name.
    pub(crate) fn into_detail(self) -> String {
        match self {
            Self::Template { detail, .. } | Self::Mjml(detail) => detail,
            Self::Address(detail) => detail.to_owned(),
        }
    }
}
