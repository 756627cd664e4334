//! What all templates are rendered in.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::{bounded, plural};

/// The language of what is written under no tag.
pub const DEFAULT_LANGUAGE: &str = "en";

/// Steps that a line, a plain text or a condition may take.
const FUEL: u64 = 10_000;
/// Steps that an email's HTML may take, which has its layout around it.
const HTML_FUEL: u64 = 50_000;
/// Longest text that a filter may make out of less, in bytes: as long as what is rendered.
pub(crate) const MAX_RENDERED: usize = 64 * 1024;
/// The same in HTML, where what is escaped is longer.
const MAX_HTML: usize = 4 * MAX_RENDERED;

/// Where a variable that is not there is an error, and so is a template that does not end or becomes too large on the way. `language` is the tag that
/// the text is written under, for its plurals. HTML has its values escaped, plain text has them as they are.
#[must_use]
pub fn environment(language: &str, html: bool) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let escape = if html { AutoEscape::Html } else { AutoEscape::None };
    environment.set_auto_escape_callback(move |_| escape);
    environment.set_fuel(Some(if html { HTML_FUEL } else { FUEL }));
    bounded::bound(&mut environment, if html { MAX_HTML } else { MAX_RENDERED });
    environment.add_filter("plural", plural::filter(language));
    environment
}
