//! Firebase Cloud Messaging, HTTP v1.

mod client;
mod credentials;
mod data;
mod error;
#[cfg(test)]
mod error_tests;
mod membership;
mod message;
#[cfg(test)]
mod message_tests;
mod names;
mod oauth;
mod platforms;
mod secret;
mod single;
#[cfg(test)]
mod tests;
mod topic;

use carillon_domain::Reason;
use carillon_sender::Failure;

pub(crate) use client::Fcm;
#[cfg(test)]
pub(crate) use client::LIMITS;
pub(crate) use membership::{MOST, Member};
pub(crate) use message::{Message, Target};
pub(crate) use secret::Secret;
pub(crate) use topic::topic;

use crate::reached::Reached;

/// Why a request to FCM was not even made.
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

fn failure(reason: Reason, detail: &str) -> Failure {
    Failure { reason, detail: detail.to_owned(), retry_after: None }
}
