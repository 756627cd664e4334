//! What the end-to-end tests drive the deployed template with, from outside as clients do.
//!
//! Nothing of Carillon's own code is used here but the fakes: tokens, REST, WebSocket and AWS calls are made by independent
//! libraries. Every test takes a fresh [`Tenant`], so all of them run side by side on one local cloud.

#![expect(clippy::indexing_slicing, reason = "JSON of the wrong shape fails the test, as it should")]

mod asyncapi;
mod aws;
mod clock;
mod functions;
mod jobs;
mod mails;
mod openapi;
mod outgoing;
mod python;
mod queue;
mod reach;
mod rest;
mod schedules;
mod sms;
mod socket;
mod tenant;
mod tokens;
mod wait;

pub use asyncapi::AsyncApi;
pub use aws::{Aws, Row};
pub use clock::{local, midday, minute};
pub use functions::{Functions, answer, connect_event, failed, http_event, sqs_event};
pub use jobs::{Job, Jobs, jobs_of};
pub use mails::{Mail, Mails, Parsed};
pub use outgoing::{Answers, Call, Order};
pub use python::python;
pub use queue::Queue;
pub use rest::{Answer, Rest};
pub use schedules::Schedule;
pub use sms::TextMessages;
pub use socket::{ConnectError, Resynced, Socket};
pub use tenant::{Producer, Tenant, User};
pub use tokens::{INBOX, PRODUCE, Tokens, private_key, public_key, sign, unsigned};
pub use wait::{DEADLINE, eventually, now};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A text field of a JSON object.
///
/// # Errors
/// If it is not there or no text, with the object.
pub fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str> {
    object.get(field).and_then(Value::as_str).with_context(|| format!("no text {field:?} in {object}"))
}

/// A list field of a JSON object.
///
/// # Errors
/// If it is not there or no list, with the object.
pub fn list<'a>(object: &'a Value, field: &str) -> Result<&'a Vec<Value>> {
    object.get(field).and_then(Value::as_array).with_context(|| format!("no list {field:?} in {object}"))
}

/// The ids of notifications, in order.
///
/// # Errors
/// If one has none.
pub fn ids(notifications: &[Value]) -> Result<Vec<String>> {
    notifications.iter().map(|notification| Ok(text(notification, "id")?.to_owned())).collect()
}
