//! The operations. What every operation has (problems, ETags, request ids) is added by [`crate::complete`].

#![expect(dead_code, reason = "documentation: the macro reads these functions, and nobody calls them")]

pub(crate) mod administering;
pub(crate) mod changes;
pub(crate) mod direct;
pub(crate) mod inbox;
pub(crate) mod preferences;
pub(crate) mod producing;
pub(crate) mod push;
pub(crate) mod recipients;
pub(crate) mod suppressions;
pub(crate) mod templating;
pub(crate) mod unsubscribing;
