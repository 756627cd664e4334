//! What happened when.

use std::time::{Duration, Instant};

/// Milestones and their time since the first.
#[derive(Default)]
pub(crate) struct Timeline {
    zero: Option<Instant>,
    milestones: Vec<(Duration, String)>,
}

impl Timeline {
    pub(crate) fn start(&mut self, what: &str) {
        self.zero = Some(Instant::now());
        self.milestones.push((Duration::ZERO, what.to_owned()));
    }

    /// When it started.
    pub(crate) fn zero(&self) -> Instant {
        self.zero.unwrap_or_else(Instant::now)
    }

    pub(crate) fn reached(&mut self, what: impl Into<String>) {
        self.reached_at(self.zero().elapsed(), what);
    }

    pub(crate) fn reached_at(&mut self, when: Duration, what: impl Into<String>) {
        self.milestones.push((when, what.into()));
    }

    /// In the order in which things happened.
    pub(crate) fn print(&mut self) {
        self.milestones.sort_by_key(|(when, _)| *when);
        println!();
        for (when, what) in &self.milestones {
            println!("{:>9.1} ms  {what}", when.as_secs_f64() * 1000.0);
        }
        println!();
    }
}
