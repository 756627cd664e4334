//! Where the next page of an export starts. It names a place among the rows of the user in the path, of the token's
//! tenant, so a forged one reaches nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::Ulid;
use carillon_http::Problem;
use http::StatusCode;

/// Longest key of a row.
const MAX_KEY: usize = 1_024;

/// After which row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// Of the inbox, whose rows come first.
    Inbox(Option<Ulid>),
    /// Of the ledger.
    Ledger(Option<String>),
}

impl Cursor {
    /// Where there is none.
    pub(crate) const START: Self = Self::Inbox(None);

    /// Reads what an export handed out; 400 for anything else.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let detail = "the cursor is not one that an export gave";
        let parsed = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        parsed
            .and_then(|text| Self::read(&text))
            .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor", detail).field("cursor"))
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_at_checked(1)? {
            ("n", "") => Some(Self::Inbox(None)),
            ("n", ulid) => Ulid::from_string(ulid).ok().map(|ulid| Self::Inbox(Some(ulid))),
            ("l", "") => Some(Self::Ledger(None)),
            ("l", key) if key.len() <= MAX_KEY => Some(Self::Ledger(Some(key.to_owned()))),
            _ => None,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Inbox(after) => format!("n{}", after.map(|ulid| ulid.to_string()).unwrap_or_default()),
            Self::Ledger(after) => format!("l{}", after.as_deref().unwrap_or_default()),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_is_one() {
        let ulid = Ulid::from_parts(1, 2);
        let all = [
            Cursor::START,
            Cursor::Inbox(Some(ulid)),
            Cursor::Ledger(None),
            Cursor::Ledger(Some(format!("trace#{ulid}"))),
        ];
        for cursor in all {
            assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }
        let long = URL_SAFE_NO_PAD.encode(format!("l{}", "x".repeat(MAX_KEY + 1)));
        for bad in ["", "x", "%%", &URL_SAFE_NO_PAD.encode("nx"), &URL_SAFE_NO_PAD.encode("x"), &long] {
            assert_eq!(Cursor::parse(bad).unwrap_err().code, "invalid_cursor", "{bad}");
        }
    }
}
