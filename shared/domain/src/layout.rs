//! What stands around the content of a tenant's emails.

use serde::{Deserialize, Serialize};

use crate::input::{FieldError, InputError, parse_json};

/// Longest MJML, in bytes.
const MAX_MJML: usize = 32_768;
/// Longest plain text, in bytes.
const MAX_TEXT: usize = 8_192;
/// Where the content goes.
pub const CONTENT: &str = "{{ content }}";

/// The body of `PUT /v1/layout`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// A whole MJML document with `{{ content }}` where an email's sections go.
    pub mjml: String,
    /// A text with `{{ content }}` where an email's text goes; the shipped one if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Layout {
    /// Reads the body of a PUT. Whether it is MJML that can be rendered is for whoever renders it to say.
    pub fn accept(body: &[u8]) -> Result<Self, InputError> {
        let layout: Self = parse_json(body)?;
        layout.check()?;
        Ok(layout)
    }

    fn check(&self) -> Result<(), FieldError> {
        let texts = [("mjml", Some(&self.mjml), MAX_MJML), ("text", self.text.as_ref(), MAX_TEXT)];
        for (field, text, longest) in texts {
            let Some(text) = text else { continue };
            if text.len() > longest {
                return Err(FieldError::new(field, format!("must be at most {longest} bytes")));
            }
            if text.matches(CONTENT).count() != 1 {
                return Err(FieldError::new(
                    field,
                    format!("must have {CONTENT} once, where the content goes"),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_has_room_for_the_content() {
        let table = [
            (r#"{"mjml": "<mjml>{{ content }}</mjml>"}"#, None),
            (r#"{"mjml": "<mjml></mjml>"}"#, Some("mjml")),
            (r#"{"mjml": "{{ content }}{{ content }}"}"#, Some("mjml")),
            (r#"{"mjml": "{{ content }}", "text": "none"}"#, Some("text")),
            (r#"{"mjml": "{{ content }}", "html": "x"}"#, Some("html")),
        ];
        for (body, field) in table {
            match (Layout::accept(body.as_bytes()), field) {
                (Ok(_), None) => {}
                (Err(InputError::Invalid(error)), Some(field)) => assert_eq!(error.field, field, "{body}"),
                (other, _) => panic!("{body}: {other:?}"),
            }
        }
    }
}
