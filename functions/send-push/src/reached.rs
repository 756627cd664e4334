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
