//! What a layout has beside the content's own variables: `layout`.

use carillon_domain::{Layout, is_right_to_left};
use carillon_templates::absolute;
use serde_json::{Value, json};

use crate::Letter;
use crate::text::paragraphs;
use crate::words::Words;

/// Of buttons and links, where the brand has no colour.
const COLOR: &str = "#0b5fff";
const LIGHT: &str = "#ffffff";
const DARK: &str = "#1c1c1e";

const MJML: &str = include_str!("../shipped/layout.mjml");
const TEXT: &str = include_str!("../shipped/layout.txt");
/// What an email says whose type has no HTML of its own.
pub(crate) const CONTENT_MJML: &str = include_str!("../shipped/content.mjml");
/// What an email says whose type has no text of its own.
pub(crate) const CONTENT_TEXT: &str = include_str!("../shipped/content.txt");

/// What stands around emails of tenants without a layout of their own.
#[must_use]
pub fn shipped_layout() -> Layout {
    Layout { mjml: MJML.to_owned(), text: Some(TEXT.to_owned()) }
}

/// The tenant's document, else the shipped one.
pub(crate) fn mjml(layout: Option<&Layout>) -> &str {
    layout.map_or(MJML, |layout| &layout.mjml)
}

/// The tenant's text, else the shipped one.
pub(crate) fn text(layout: Option<&Layout>) -> &str {
    layout.and_then(|layout| layout.text.as_deref()).unwrap_or(TEXT)
}

/// Everything is there: what has no value is null.
pub(crate) fn variables(letter: &Letter<'_>, subject: &str, preheader: &str) -> Value {
    let brand = &letter.types.settings.brand;
    let words = Words::of(letter.locale);
    let right_to_left = letter.locale.is_some_and(is_right_to_left);
    let color = brand.color.as_deref().unwrap_or(COLOR);
    let link = |url: &Option<String>| absolute(url.as_deref()?, brand.app_url.as_deref());
    json!({
        "lang": letter.locale.unwrap_or(carillon_templates::DEFAULT_LANGUAGE),
        "dir": if right_to_left { "rtl" } else { "ltr" },
        "align": if right_to_left { "right" } else { "left" },
        "color": color,
        "on_color": if is_light(color) { DARK } else { LIGHT },
        "subject": subject,
        "preheader": preheader,
        "body_html": paragraphs(&letter.content.body),
        "link": link(&letter.content.action_url),
        "image": link(&letter.content.image_url),
        "open": words.open,
        "unsubscribe": words.unsubscribe,
        "why": words.why(brand.name.as_deref().unwrap_or(letter.tenant.as_str())),
    })
}

/// Whether dark text is easier to read on a colour than light text: the contrasts of WCAG, where both are the same.
fn is_light(color: &str) -> bool {
    let channel = |at: usize| {
        let byte = color.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or_default();
        (f64::from(byte) / 255.0).powf(2.2)
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) > 0.18
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_a_button_can_be_read() {
        for (color, light) in
            [("#ffffff", true), ("#ffcc00", true), ("#000000", false), ("#0b5fff", false), ("#FFCC00", true)]
        {
            assert_eq!(is_light(color), light, "{color}");
        }
    }
}
