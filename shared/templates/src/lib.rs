//! What a type's entry says about a request: titles and bodies from templates, channels by conditions, the shape of
//! `data` by a schema. Pure, and bounded: a template that runs too long is an error.

mod condition;
mod render;
mod schema;

use carillon_domain::{FieldError, NotificationType, Texts};
use serde_json::Value;

pub use render::Wanted;

/// Whether an entry's templates, conditions and schema can be used at all.
pub fn check(entry: &NotificationType) -> Result<(), FieldError> {
    render::check(entry)?;
    condition::check(entry)?;
    schema::check(entry)
}

/// What the entry makes of a request: its texts, where the request gives none, and the channels whose condition does
/// not hold. `variables` are `CreateNotification::variables`.
pub fn fill(entry: &NotificationType, variables: &Value, wanted: Wanted) -> Result<Texts, FieldError> {
    schema::validate(entry, variables)?;
    render::fill(entry, variables, wanted)
}
