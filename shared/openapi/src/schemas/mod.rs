//! What goes over the wire. Bounds are those that the code checks; what JSON Schema cannot say, the descriptions do.

#![expect(dead_code, reason = "documentation: the macro reads these types, and nobody makes one")]

pub(crate) mod devices;
pub(crate) mod direct;
pub(crate) mod inbox;
pub(crate) mod preferences;
pub(crate) mod preview;
pub(crate) mod problem;
pub(crate) mod producing;
pub(crate) mod recipients;
pub(crate) mod settings;
pub(crate) mod suppressions;
pub(crate) mod templates;
pub(crate) mod text;
pub(crate) mod trace;
pub(crate) mod types;
pub(crate) mod versions;
pub(crate) mod words;
