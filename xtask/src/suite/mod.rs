//! `cargo xtask test`: what CI runs, and a developer before a push.

mod api;
mod cargo_test;
mod recorder;
mod report;
mod steps;

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use self::report::{Outcome, Report};
use crate::cli;
use crate::local::{self, Build, Running};
use crate::say;

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepName {
    /// `cargo fmt --check`.
    Fmt,
    /// `cargo clippy`, warnings denied.
    Clippy,
    /// `cargo doc`, warnings denied.
    Doc,
    /// `cargo deny`: licences, bans, sources. Skipped where it is not installed.
    Deny,
    /// `infra/local/check_template.py`, and the recorder's own tests.
    Template,
    /// Unit and handler tests; DynamoDB is in the process.
    Unit,
    /// The store's contract, against the local cloud.
    Contract,
    /// End to end, against the template as deployed to the local cloud; and no request of a function that AWS would refuse.
    E2e,
    /// schemathesis, against the local cloud: the HTTP API is what `docs/openapi.json` says. At most five minutes.
    Api,
}

impl StepName {
    /// What is announced.
    fn title(self) -> &'static str {
        match self {
            Self::Fmt => "formatting",
            Self::Template => "template checks",
            Self::Clippy => "lints",
            Self::Doc => "documentation",
            Self::Deny => "licences, bans, sources",
            Self::Unit => "unit and handler tests",
            Self::Contract => "store contract on the local cloud",
            Self::E2e => "end-to-end tests",
            Self::Api => "the API against its document",
        }
    }

    fn needs_stack(self) -> bool {
        match self {
            Self::Contract | Self::E2e | Self::Api => true,
            Self::Fmt | Self::Template | Self::Clippy | Self::Doc | Self::Deny | Self::Unit => false,
        }
    }
}

pub(crate) async fn run(options: &cli::Test) -> Result<ExitCode> {
    let mut steps = StepName::value_variants().to_vec();
    steps.retain(|step| options.only.is_empty() || options.only.contains(step));
    steps.retain(|step| !options.skip.contains(step));
    let mut report = Report::default();
    // Stops with this function, however it ends.
    let mut stack: Option<Running> = None;
    for step in steps {
        if options.fail_fast && report.failed() {
            break;
        }
        if step.needs_stack() && stack.is_none() {
            if report.has("local cloud") {
                continue;
            }
            stack = start(options, &mut report).await;
        }
        match (&stack, step.needs_stack()) {
            (None, true) => report.add(step.title(), Outcome::Skipped("there is no local cloud".to_owned())),
            (running, _) => {
                let stack = running.as_ref().map(|running| &running.stack);
                report.measure(step.title(), steps::run(step, stack)).await;
            }
        }
    }
    drop(stack);
    Ok(report.print())
}

async fn start(options: &cli::Test, report: &mut Report) -> Option<Running> {
    let begin = std::time::Instant::now();
    match local::start(options.port, Build::Workspace).await {
        Ok(running) => {
            report.add_timed("local cloud", begin.elapsed(), Outcome::Passed);
            Some(running)
        }
        Err(error) => {
            say::error(&error);
            report.add_timed("local cloud", begin.elapsed(), Outcome::Failed);
            None
        }
    }
}
