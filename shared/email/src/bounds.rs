//! What MJML may be: its parser calls itself for every element inside another, and some elements become much more HTML than
//! they are MJML, so what is too deep or too much never reaches it.

use htmlparser::{ElementEnd, Token, Tokenizer};

/// Deepest nesting.
const MAX_DEPTH: usize = 50;
/// Most elements; some become much more HTML than they are MJML.
const MAX_ELEMENTS: usize = 1_000;
/// Most images of carousels: each gets rules for every other.
const MAX_CAROUSEL: usize = 20;
/// Most bytes that defaults for all elements (`mj-attributes`) may be, times the elements that get them.
const MAX_DEFAULTS: usize = 4 * 1024 * 1024;

/// What is too much is said in words that fit after a field's name.
pub(crate) fn bounds(text: &str) -> Result<(), String> {
    let (mut depth, mut elements, mut carousel, mut defaults) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut void, mut of_all) = (false, false);
    // What cannot be read is said by the parser of MJML, which comes no further than this.
    for token in Tokenizer::from(text).map_while(Result::ok) {
        if let Token::ElementStart { local, .. } = token {
            elements += 1;
            carousel += usize::from(local.as_str() == "mj-carousel-image");
            of_all |= local.as_str() == "mj-attributes";
            void = is_void(local.as_str());
            if local.as_str() == "mj-include" {
                return Err(String::from("must not have mj-include: there is nothing to include"));
            }
        } else if let Token::Attribute { span, .. } = token {
            defaults += if of_all { span.as_str().len() } else { 0 };
        } else if let Token::ElementEnd { end: ElementEnd::Close(_, local), .. } = token {
            of_all &= local.as_str() != "mj-attributes";
            depth = depth.saturating_sub(1);
        } else if matches!(token, Token::ElementEnd { end: ElementEnd::Open, .. }) && !void {
            depth += 1;
        }
        if depth > MAX_DEPTH {
            return Err(format!("is nested more than {MAX_DEPTH} deep"));
        }
    }
    if elements > MAX_ELEMENTS || carousel > MAX_CAROUSEL || defaults * elements > MAX_DEFAULTS {
        return Err(format!(
            "is too much: at most {MAX_ELEMENTS} elements, {MAX_CAROUSEL} images in carousels, and short mj-attributes"
        ));
    }
    Ok(())
}

/// The elements that have no end, as the parser of MJML knows them.
fn is_void(tag: &str) -> bool {
    matches!(
        tag,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}
