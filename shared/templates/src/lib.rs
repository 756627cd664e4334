//! What a type's entry says about a request: its texts from templates, in every language; channels by conditions; the shape
//! of `data` by a schema. Pure, and bounded: a template that runs too long is an error.

mod bounded;
mod check;
mod condition;
mod environment;
mod error;
mod fill;
mod growth;
mod guard;
mod plural;
mod rehearse;
mod render;
mod schema;
mod variables;

use carillon_domain::{FieldError, NotificationType};

pub use environment::{DEFAULT_LANGUAGE, environment};
pub use error::TemplateError;
pub use fill::{Wanted, fill};
pub use rehearse::rehearse;
pub use render::{refuse, render, text};
pub use variables::{About, absolute, variables};

/// Whether an entry's templates, conditions and schema can be used at all. Whether its HTML is MJML is not asked here.
pub fn check(entry: &NotificationType) -> Result<(), FieldError> {
    check::check(entry)?;
    condition::check(entry)?;
    schema::check(entry)
}
