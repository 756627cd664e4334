//! The HTTP API as OpenAPI 3.1.
//!
//! Every operation is a function of `paths` with `#[utoipa::path]`, every body a type of `schemas`; words that the code
//! has as enums are taken from it. [`document`] puts them together. It is committed as `docs/openapi.json`: the test in
//! this file writes it anew, and fails, where it is not what the code says.
//!
//! That it says what is so is held by three tests: each function compares its router's routes and methods with the
//! document ([`drift`]); the end-to-end suite validates every answer it gets; and schemathesis asks for the rest. Functions
//! depend on this crate for their tests only, so what is deployed has nothing of it.

mod api;
mod complete;
mod drift;
mod paths;
mod schemas;

pub use api::{document, operations};
pub use drift::drift;

#[cfg(test)]
mod tests;
