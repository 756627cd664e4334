//! `cargo xtask bench start`: each function's cold start, on this machine, from the outside.
//!
//!     bench_start RUNS BINARY…
//!
//! It plays Lambda (one process a run, two events each) and the AWS services behind the function. DynamoDB is
//! dynoxide; the others answer at once. Prints a Markdown table, and writes `target/bench/start.json`.

mod aws;
mod events;
mod machine;
mod measure;
mod report;
mod sizes;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::events::Stage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let runs: usize = arguments.next().context("usage: bench_start RUNS BINARY…")?.parse()?;
    let binaries: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let stage = Stage::set(&binaries).await?;
    let mut measured = Vec::new();
    for binary in binaries {
        let name = events::name(&binary);
        eprintln!("    {name}");
        let mut samples = Vec::new();
        for _ in 0..runs.max(1) {
            samples.push(measure::cold_start(&stage, &name, &binary).await.with_context(|| name.clone())?);
        }
        measured.push(report::Function::new(name, &samples, sizes::of(&binary)?));
    }
    report::write(&report::Report { machine: machine::describe(), runs, functions: measured })
}
