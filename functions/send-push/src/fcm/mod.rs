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
#[cfg(test)]
mod tests;
mod topic;

pub(crate) use client::Fcm;
#[cfg(test)]
pub(crate) use client::LIMITS;
pub(crate) use membership::{MOST, Member};
pub(crate) use message::{Message, Target};
pub(crate) use secret::secret;
pub(crate) use topic::topic;

pub(crate) use crate::reached::Trouble;
