//! `cargo xtask bench`: release builds, measured by programs of their own, so that `xtask` itself needs no AWS SDK.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{self, BenchInbox, BenchPush, BenchSend, BenchStart, BenchWhat};
use crate::process::Group;
use crate::say::Step;
use crate::{cargo, workspace};

pub(crate) async fn run(options: &cli::Bench) -> Result<ExitCode> {
    match &options.what {
        BenchWhat::Start(options) => start(options).await?,
        BenchWhat::Decide => pure("carillon-domain", "bench_decide").await?,
        BenchWhat::Email(options) => {
            pure("carillon-email", "bench_email").await?;
            send("send-email", options).await?;
        }
        BenchWhat::Sms(options) => send("send-sms", options).await?,
        BenchWhat::Inbox(options) => inbox(options).await?,
        BenchWhat::Push(options) => push(options).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A crate that does no I/O, in the profile that the functions are built with.
async fn pure(package: &str, example: &str) -> Result<()> {
    let mut command = cargo::command(&["run", "--release", "--package", package]);
    command.args(["--example", example]);
    Group::spawn(&mut command)?.succeed().await
}

/// inbox-api as AWS gets it, then `examples/bench_inbox` on it.
async fn inbox(options: &BenchInbox) -> Result<()> {
    one("inbox-api", options.no_build, "bench_inbox", &options.seconds.to_string()).await
}

/// send-push as AWS gets it, then `examples/bench_push` on it.
async fn push(options: &BenchPush) -> Result<()> {
    one("send-push", options.no_build, "bench_push", &options.runs.to_string()).await
}

/// send-email or send-sms as AWS gets it, then `examples/bench_send` on it.
async fn send(function: &str, options: &BenchSend) -> Result<()> {
    one(function, options.no_build, "bench_send", &options.runs.to_string()).await
}

/// What one function's example measures.
async fn one(function: &str, no_build: bool, example: &str, how_much: &str) -> Result<()> {
    if !no_build {
        let step = Step::begin(format!("build {function} (release profile)"));
        cargo::run(&["build", "--release", "--package", function]).await?;
        step.done("");
    }
    // The measuring side must be quick, but need not be small.
    let quick = ["--config", "profile.release.lto=false", "--config", "profile.release.codegen-units=16"];
    let mut command = cargo::command(&["run", "--release"]);
    command.args(quick).args(["--package", "xtask", "--example", example, "--", how_much]);
    command.arg(workspace::root().join("target/release").join(function));
    Group::spawn(&mut command)?.succeed().await
}

/// The functions as AWS gets them, then `examples/bench_start` on them.
async fn start(options: &BenchStart) -> Result<()> {
    let functions =
        if options.function.is_empty() { workspace::functions()? } else { options.function.clone() };
    if !options.no_build {
        // All of them, whichever are measured: each needs what others make. In one call, as for a deployment.
        let step = Step::begin("build the functions (release profile)");
        let all = workspace::functions()?;
        let mut arguments = vec!["build", "--release"];
        arguments.extend(all.iter().flat_map(|name| ["--package", name]));
        cargo::run(&arguments).await?;
        step.done("");
    }
    // The measuring side must be quick, but need not be small.
    let quick = ["--config", "profile.release.lto=false", "--config", "profile.release.codegen-units=16"];
    let mut command = cargo::command(&["run", "--release"]);
    command.args(quick).args(["--package", "xtask", "--example", "bench_start", "--"]);
    command.arg(options.runs.to_string());
    command.args(functions.iter().map(|function| workspace::root().join("target/release").join(function)));
    Group::spawn(&mut command)?.succeed().await
}
