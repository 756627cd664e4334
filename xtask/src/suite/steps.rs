//! What each step does.

use anyhow::{Context as _, Result};
use tokio::process::Command;

use super::{Outcome, StepName, api, cargo_test, recorder};
use crate::local::{self, Venv};
use crate::process::Group;
use crate::stack::Stack;
use crate::{cargo, say, workspace};

/// `stack` is there for the steps that need one.
pub(crate) async fn run(step: StepName, stack: Option<&Stack>) -> Result<Outcome> {
    match step {
        StepName::Fmt => passed(cargo::run(&["fmt", "--all", "--check"]).await),
        StepName::Template => passed(template().await),
        StepName::Clippy => {
            passed(cargo::run(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]).await)
        }
        StepName::Doc => passed(doc().await),
        StepName::Deny => deny().await,
        StepName::Unit => cargo_test::run(&["--workspace", "--exclude", "carillon-tests"], &[]).await,
        // By the test's name, not the package's: a package alone asks for other features of the dependencies, and
        // they would all be built again.
        StepName::Contract => on(stack, &["--workspace", "--test", "contract"]).await,
        StepName::E2e => {
            let outcome = on(stack, &["--workspace", "--test", "e2e"]).await?;
            recorded(stack, outcome).await
        }
        StepName::Api => passed(api::run(stack.context("no local cloud")?).await),
    }
}

fn passed(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Passed)
}

async fn template() -> Result<()> {
    let venv = Venv::checks();
    venv.ensure().await?;
    let mut check = Command::new(venv.python());
    check.arg(workspace::infra("check_template.py")).current_dir(workspace::root());
    Group::spawn(&mut check)?.succeed().await?;
    // What the end-to-end tests' requests are checked by needs no cloud to be tested itself, but its packages.
    let venv = Venv::cloud();
    venv.ensure().await?;
    for tests in ["recorder_test.py", "recorder_calls_test.py"] {
        let mut check = Command::new(venv.python());
        check.arg(workspace::infra(tests)).current_dir(workspace::root());
        Group::spawn(&mut check)?.succeed().await?;
    }
    Ok(())
}

async fn doc() -> Result<()> {
    let mut doc = cargo::command(&["doc", "--no-deps", "--workspace"]);
    Group::spawn(doc.env("RUSTDOCFLAGS", "--deny warnings"))?.succeed().await
}

async fn deny() -> Result<Outcome> {
    let installed = cargo::command(&["deny", "--version"]).kill_on_drop(true).output().await;
    if !installed.is_ok_and(|probe| probe.status.success()) {
        let why = "cargo-deny is not installed; some minutes of compiling: cargo install --locked cargo-deny";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    // Not advisories: their database comes over the network, and a new entry must not break an old commit.
    passed(cargo::run(&["deny", "check", "bans", "licenses", "sources"]).await)
}

/// Tests against the local cloud; where they fail, its log may say why.
async fn on(stack: Option<&Stack>, arguments: &[&str]) -> Result<Outcome> {
    let stack = stack.context("no local cloud")?;
    let environment = [
        ("CARILLON_STACK", stack.path().display().to_string()),
        ("CARILLON_DYNAMODB_ENDPOINT", stack.aws_endpoint_url.clone()),
    ];
    let outcome = cargo_test::run(arguments, &environment).await;
    if !matches!(&outcome, Ok(Outcome::Tests(tally)) if tally.failed == 0) {
        say::note(&format!("The end of the stack's log, {}:\n", stack.log.display()));
        eprintln!("{}\n", local::tail(&stack.log, 40));
    }
    outcome
}

/// Shows what the functions asked of AWS; requests that AWS would refuse fail the step.
async fn recorded(stack: Option<&Stack>, outcome: Outcome) -> Result<Outcome> {
    let record = recorder::fetch(stack.context("no local cloud")?).await?;
    record.print();
    Ok(match (outcome, record.violations.len()) {
        (Outcome::Tests(tally), 1..) => Outcome::Violations(tally, record.violations.len()),
        (outcome, _) => outcome,
    })
}
