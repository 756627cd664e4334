//! Who is connected.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The oldest go first.
const MOST: usize = 20_000;

/// A TCP connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Counts from 1.
    pub n: u64,
    /// Requests for sinks that it brought.
    pub requests: u64,
    /// Whether it still stands.
    pub open: bool,
}

/// What was counted since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// In the order they came.
    pub connections: VecDeque<Connection>,
    /// Requests for sinks that are not answered yet.
    pub in_flight: u64,
    /// The most that there were at once.
    pub most_in_flight: u64,
    last: u64,
}

impl Connections {
    /// How many brought a request for a sink: not those of whoever only looks.
    #[must_use]
    pub fn used(&self) -> usize {
        self.connections.iter().filter(|connection| connection.requests > 0).count()
    }

    pub(crate) fn opened(&mut self) -> u64 {
        self.last += 1;
        self.connections.push_back(Connection { n: self.last, requests: 0, open: true });
        if self.connections.len() > MOST {
            self.connections.pop_front();
        }
        self.last
    }

    pub(crate) fn closed(&mut self, n: u64) {
        if let Some(connection) = self.find(n) {
            connection.open = false;
        }
    }

    pub(crate) fn asked(&mut self, n: u64) {
        if let Some(connection) = self.find(n) {
            connection.requests += 1;
        }
    }

    pub(crate) fn begun(&mut self) {
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
    }

    pub(crate) fn ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    fn find(&mut self, n: u64) -> Option<&mut Connection> {
        let at = self.connections.partition_point(|connection| connection.n < n);
        self.connections.get_mut(at).filter(|connection| connection.n == n)
    }
}
