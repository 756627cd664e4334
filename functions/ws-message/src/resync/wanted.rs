//! Where a resync starts.

use std::fmt;

use carillon_domain::{Millis, Ulid};

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What came since then; none is everything current.
    pub(crate) since: Option<Millis>,
    /// Where an earlier answer stopped.
    pub(crate) position: Option<Position>,
}

/// How far a resync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// When its first part began: the next resync, from there, leaves no gap.
    pub(crate) began: Millis,
    /// Brought so far is all up to this one.
    pub(crate) after: Ulid,
}

impl Wanted {
    pub(crate) fn after(&self) -> Option<Ulid> {
        self.position.map(|position| position.after)
    }

    /// Reads what [`Wanted`] was written as. Opaque to clients, but no secret: whoever forges one moves about in their own
    /// inbox.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let after = Ulid::from_string(parts.next()?).ok()?;
        let began = Millis(parts.next()?.parse().ok()?);
        let since = parts.next().map(str::parse).transpose().ok()?.map(Millis);
        let position = Some(Position { began, after });
        parts.next().is_none().then_some(Self { since, position })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Position { began, after }) = self.position {
            write!(f, "{after}.{}", began.0)?;
        }
        self.since.map_or(Ok(()), |since| write!(f, ".{}", since.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_out_is_read_back_and_nothing_else() {
        let position = Some(Position { began: Millis(1_700_000_000_000), after: Ulid::from_parts(7, 8) });
        for since in [None, Some(Millis(1_600_000_000_000))] {
            let wanted = Wanted { since, position };
            assert_eq!(Wanted::parse(&wanted.to_string()), Some(wanted));
        }
        let good = Wanted { since: Some(Millis(1)), position }.to_string();
        for bad in ["", ".", "x.1", "01ARZ3NDEKTSV4RRFFQ69G5FAV", &format!("{good}."), &format!("{good}.1")] {
            assert_eq!(Wanted::parse(bad), None, "{bad}");
        }
    }
}
