//! What became of one device, whichever service it is reached by.

use carillon_sender::Failure;

/// What became of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Its service has it, and calls it so.
    Sent(Option<String>),
    /// The address is no longer valid: the device is removed.
    Gone,
    /// It may work later.
    Retry(Failure),
    /// It will never work with this message, whatever the device.
    Rejected(Failure),
}

/// Why a request was not even made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The invocation has no time left for it.
    NoTime,
    /// It may be made later.
    Passing(Failure),
    /// Not before somebody changes something.
    Permanent(Failure),
}

impl Trouble {
    /// What it means for the device; None if it was not begun with.
    pub(crate) fn reached(self) -> Option<Reached> {
        match self {
            Self::NoTime => None,
            Self::Passing(failure) => Some(Reached::Retry(failure)),
            Self::Permanent(failure) => Some(Reached::Rejected(failure)),
        }
    }
}
