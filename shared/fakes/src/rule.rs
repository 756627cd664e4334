//! Orders to answer otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Reply, Sink};

/// Instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Never answers; the connection stays open.
    Hang,
    /// Ends this request: with HTTP/2 its stream is reset, with HTTP/1.1 the connection (RST).
    Reset,
    /// Resets the connection, and with it all other requests on it.
    Disconnect,
}

/// Which requests are to be answered how. The first rule that fits and has times left holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Whose requests.
    pub sink: Sink,
    /// What must be in the path or the body; empty fits all.
    #[serde(default)]
    pub contains: String,
    /// For so many requests; without it, until it is withdrawn.
    #[serde(default)]
    pub times: Option<u32>,
    /// Without it, what the service itself would answer.
    #[serde(default)]
    pub status: Option<u16>,
    /// Of the answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Of the answer, as in [`Reply`].
    #[serde(default)]
    pub body: Value,
    /// Answers only after this.
    #[serde(default)]
    pub delay_ms: u64,
    /// Does not answer at all (after the delay).
    #[serde(default)]
    pub fault: Option<Fault>,
}

impl Rule {
    /// All requests of a sink, answered as usual: say more.
    #[must_use]
    pub fn of(sink: Sink) -> Self {
        Self {
            sink,
            contains: String::new(),
            times: None,
            status: None,
            headers: BTreeMap::new(),
            body: Value::Null,
            delay_ms: 0,
            fault: None,
        }
    }

    /// Only requests with this in their path or body, such as a device's token.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        text.clone_into(&mut self.contains);
        self
    }

    /// Only for the next so many.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Answers this.
    #[must_use]
    pub fn reply(mut self, reply: Reply) -> Self {
        (self.status, self.headers, self.body) = (Some(reply.status), reply.headers, reply.body);
        self
    }

    /// Answers a status without a body.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        self.reply(Reply::new(status))
    }

    /// With one header more; it needs a reply or a status.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Late.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = delay.as_millis().try_into().unwrap_or(u64::MAX);
        self
    }

    /// Not at all.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// What is answered instead of the service's own.
    pub(crate) fn instead(&self) -> Option<Reply> {
        let status = self.status?;
        Some(Reply { status, headers: self.headers.clone(), body: self.body.clone() })
    }
}
