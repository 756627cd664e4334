//! What came.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Filter;
use crate::{Fault, Sink};

/// The oldest go first, so that a sink can stand for days and be shot at by benchmarks.
const MOST: usize = 20_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A request that came. It is written down before it is answered, with what will be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Counts from 1, over all sinks.
    pub n: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who it was for.
    pub sink: Sink,
    /// Which TCP connection, counted from 1.
    pub connection: u64,
    /// `HTTP/1.1`, `HTTP/2.0`.
    pub version: String,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// By lower-case name; of a repeated one the last.
    pub headers: BTreeMap<String, String>,
    /// Text; for [`Sink::WebPush`] base64.
    pub body: String,
    /// What is answered; none with a fault.
    pub status: Option<u16>,
    /// What happens instead.
    pub fault: Option<Fault>,
}

impl Seen {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The body's bytes, as they came.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        if self.sink.is_binary() {
            STANDARD.decode(&self.body).unwrap_or_default()
        } else {
            self.body.clone().into_bytes()
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    seen: VecDeque<Seen>,
    bytes: usize,
    last: u64,
}

impl Log {
    /// Writes it down under the next number.
    pub(crate) fn push(&mut self, mut seen: Seen) {
        self.last += 1;
        seen.n = self.last;
        self.bytes += seen.body.len();
        self.seen.push_back(seen);
        while self.seen.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.seen.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }

    /// Forgets all; the numbers go on.
    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.bytes = 0;
    }

    /// The number of the latest.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn matching(&self, filter: &Filter) -> impl Iterator<Item = &Seen> {
        let first = self.seen.partition_point(|seen| seen.n <= filter.after);
        self.seen.iter().skip(first).filter(|seen| filter.takes(seen))
    }

    /// The latest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = &Seen> {
        self.seen.iter().rev().take(count)
    }
}
