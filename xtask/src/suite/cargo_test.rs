//! `cargo test`, with its results counted.

use std::fmt;
use std::ops::AddAssign;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::Outcome;
use crate::cargo;
use crate::process::Group;

/// How many tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) ignored: u32,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 { write!(f, ", {} ignored", self.ignored) } else { Ok(()) }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// Runs `cargo test …` and passes its output on.
pub(crate) async fn run(arguments: &[&str], environment: &[(&str, String)]) -> Result<Outcome> {
    let mut command = cargo::command(&["test", "--no-fail-fast"]);
    command.args(arguments).envs(environment.iter().cloned()).stdout(Stdio::piped());
    let mut cargo = Group::spawn(&mut command)?;
    let stdout = cargo.child().stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut total = Tally::default();
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
        if let Some(tally) = tally(&line) {
            total += tally;
        }
    }
    let succeeded = cargo.wait().await?.success();
    if !succeeded && total.failed == 0 {
        bail!("the tests do not build, or ended before they could say how");
    }
    Ok(Outcome::Tests(total))
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
fn tally(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let mut tally = Tally::default();
    for count in counts.split("; ") {
        match count.split_once(' ')? {
            (number, "passed") => tally.passed = number.parse().ok()?,
            (number, "failed") => tally.failed = number.parse().ok()?,
            (number, "ignored") => tally.ignored = number.parse().ok()?,
            _ => {}
        }
    }
    Some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(tally(line), Some(Tally { passed: 12, failed: 2, ignored: 1 }));
    }

    #[test]
    fn other_lines_are_not() {
        assert_eq!(tally("test results_are_counted ... ok"), None);
    }
}
