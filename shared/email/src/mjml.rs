//! MJML to HTML.

use std::collections::HashMap;

use htmlparser::{Token, Tokenizer};
use mrml::prelude::parser::{Error, ParserOptions};
use mrml::prelude::render::RenderOptions;

use crate::bounds::bounds;
use crate::tags::{self, Lost, Tagged};

/// Largest document, in bytes: a layout and its content at their longest.
const MAX_MJML: usize = 64 * 1024;
/// Largest HTML before values are filled in, in bytes.
const MAX_COMPILED: usize = 1024 * 1024;

/// The HTML template that an MJML template makes. What is wrong is said in words that fit after a field's name.
pub(crate) fn compile(template: &str) -> Result<String, String> {
    if template.len() > MAX_MJML {
        return Err(format!("is longer than {MAX_MJML} bytes, with the layout around it"));
    }
    let tagged = tags::take(template).ok_or("is not valid: it has a {{, {% or {# that does not end")?;
    bounds(&tagged.text)?;
    // Nothing can be included: the default loader finds nothing.
    let parsed = mrml::parse_with_options(&tagged.text, &ParserOptions::default());
    let parsed = parsed.map_err(|error| format!("is not valid MJML: {}", says(&error, &tagged)))?;
    // No fonts from elsewhere, which would tell that elsewhere who reads what: a layout may name its own.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|error| format!("is not valid MJML: {error}"))?;
    if let Some(element) = left_over(&html) {
        return Err(format!("has {element} where MJML has no such element"));
    }
    let too_long = || format!("makes more than {MAX_COMPILED} bytes of HTML");
    if html.len() > MAX_COMPILED {
        return Err(too_long());
    }
    tagged.put_back(&html, &attributes(&tagged.text), MAX_COMPILED).map_err(|lost| match lost {
        Lost::TooLong => too_long(),
        Lost::Tag(tag) => {
            let tag: String = tag.chars().take(60).collect();
            format!("has {tag} where MJML takes no text")
        }
    })
}

/// What is wrong, with the words where it is: positions in what was put together here say nothing to anybody.
fn says(error: &Error, tagged: &Tagged<'_>) -> String {
    let (what, at) = match error {
        Error::UnexpectedElement { position, .. } => ("there cannot be such an element", position),
        Error::UnexpectedToken { position, .. } => ("this cannot be there", position),
        Error::InvalidAttribute { position, .. } => ("this cannot be an attribute", position),
        Error::InvalidFormat { position, .. } => ("this has the wrong form", position),
        Error::MissingAttribute { name, position, .. } => {
            return format!("{:?} lacks its {name}", tagged.excerpt(position.start..position.end));
        }
        Error::EndOfStream { .. } => return String::from("it ends too early"),
        Error::ParserError { source, .. } => return source.to_string(),
        Error::SizeLimit { .. } | Error::NoRootNode | Error::IncludeLoaderError { .. } => {
            return error.to_string();
        }
    };
    format!("{what}: {:?}", tagged.excerpt(at.start..at.end))
}

/// What stands in attributes: not all of them become HTML.
fn attributes(text: &str) -> String {
    let attributes = Tokenizer::from(text).map_while(Result::ok).filter_map(|token| {
        let Token::Attribute { span, .. } = token else { return None };
        Some(span.as_str())
    });
    attributes.collect::<Vec<_>>().join(" ")
}

/// An element of MJML that was not understood, and so is still there: a section in a column, say, or a spelling mistake.
fn left_over(html: &str) -> Option<String> {
    let mut elements = Tokenizer::from(html).map_while(Result::ok).filter_map(|token| {
        let Token::ElementStart { local, .. } = token else { return None };
        Some(local.as_str())
    });
    elements.find(|element| element.starts_with("mj-")).map(str::to_owned)
}

#[cfg(test)]
#[path = "mjml_tests.rs"]
mod tests;
