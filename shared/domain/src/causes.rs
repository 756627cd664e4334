//! Errors as one line for the log.

use std::error::Error;

/// An error and its causes, by their messages only. The `Debug` form of an SDK error holds the whole response, and a
/// response may hold a row.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn causes_are_named_once_each() {
        let inner = "x".parse::<u8>().unwrap_err();
        assert_eq!(causes(&Outer(inner)), "outer: invalid digit found in string");
    }
}
