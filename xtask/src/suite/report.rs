//! How the steps went.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use super::cargo_test::Tally;
use crate::say::{self, Step};

#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    /// How its tests went.
    Tests(Tally),
    /// How its tests went, and how many kinds of requests AWS would have refused: more than none.
    Violations(Tally, usize),
    Failed,
    /// Why.
    Skipped(String),
}

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<(&'static str, Option<Duration>, Outcome)>,
}

impl Report {
    /// Runs a step; an error is shown where it happens.
    pub(crate) async fn measure(&mut self, title: &'static str, step: impl Future<Output = Result<Outcome>>) {
        let running = Step::begin(title);
        let outcome = step.await.unwrap_or_else(|error| {
            say::error(&error);
            Outcome::Failed
        });
        let elapsed = running.elapsed();
        match &outcome {
            Outcome::Passed | Outcome::Tests(Tally { failed: 0, .. }) => running.done(""),
            Outcome::Skipped(why) => say::note(&format!("skipped: {why}")),
            Outcome::Failed | Outcome::Tests(_) | Outcome::Violations(..) => {
                say::note(&format!("FAILED: {title}"))
            }
        }
        self.add_timed(title, elapsed, outcome);
    }

    pub(crate) fn add_timed(&mut self, title: &'static str, elapsed: Duration, outcome: Outcome) {
        self.lines.push((title, Some(elapsed), outcome));
    }

    pub(crate) fn add(&mut self, title: &'static str, outcome: Outcome) {
        self.lines.push((title, None, outcome));
    }

    pub(crate) fn has(&self, title: &str) -> bool {
        self.lines.iter().any(|(line, ..)| *line == title)
    }

    pub(crate) fn failed(&self) -> bool {
        self.lines.iter().any(|(.., outcome)| match outcome {
            Outcome::Failed | Outcome::Violations(..) => true,
            Outcome::Tests(tally) => tally.failed > 0,
            Outcome::Passed | Outcome::Skipped(_) => false,
        })
    }

    /// The summary; its last line counts the tests.
    pub(crate) fn print(&self) -> ExitCode {
        println!();
        let mut total = None;
        for (title, elapsed, outcome) in &self.lines {
            let time = elapsed.map_or_else(String::new, say::seconds);
            let text = match outcome {
                Outcome::Passed => "ok".to_owned(),
                Outcome::Failed => "FAILED".to_owned(),
                Outcome::Skipped(why) => format!("skipped: {why}"),
                Outcome::Tests(tally) => {
                    *total.get_or_insert_with(Tally::default) += *tally;
                    let word = if tally.failed == 0 { "ok" } else { "FAILED" };
                    format!("{word}, {tally}")
                }
                Outcome::Violations(tally, count) => {
                    *total.get_or_insert_with(Tally::default) += *tally;
                    format!("FAILED, {tally}; {count} that AWS would refuse")
                }
            };
            println!("{title:34} {time:>8}  {text}");
        }
        if let Some(total) = total {
            println!("\n{total}");
        }
        if self.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
