//! `cargo xtask bench push`: pushes through the real send-push, against an FCM that takes 50 ms.
//!
//!     bench_push RUNS BINARY
//!
//! One process of send-push, as Lambda would have it at a concurrency of one. FCM, DynamoDB (dynoxide) and Lambda's own
//! API are in this process, so that send-push's processor time is its own; all over loopback without TLS. Prints a Markdown
//! table, and writes `target/bench/push.json`.

#[expect(dead_code, reason = "the module is bench_start's; this needs a part of it")]
#[path = "../bench_start/aws.rs"]
mod aws;
#[path = "../common/cpu.rs"]
mod cpu;
#[path = "../common/invoke.rs"]
mod invoke;
mod jobs;
#[path = "../common/json.rs"]
mod json;
#[path = "../bench_start/machine.rs"]
mod machine;
mod measure;
mod report;
#[path = "../common/rows.rs"]
mod rows;
#[path = "../common/spread.rs"]
mod spread;
#[path = "../common/work.rs"]
mod work;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::jobs::SHAPES;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: bench_push RUNS BINARY";
    let runs: usize = arguments.next().context(usage)?.parse()?;
    let binary = PathBuf::from(arguments.next().context(usage)?);
    let mut samples = SHAPES.map(|_| Vec::new());
    // In turn, so that what else the machine does meets all alike.
    for run in 1..=runs.max(1) {
        eprintln!("    run {run}");
        for (shape, samples) in SHAPES.iter().zip(&mut samples) {
            samples.push(measure::run(&binary, shape).await.with_context(|| format!("{shape:?}"))?);
        }
    }
    eprintln!("    counting calls");
    let mut shapes = Vec::new();
    for (shape, samples) in SHAPES.iter().zip(&samples) {
        let calls = measure::calls(&binary, shape).await.with_context(|| format!("{shape:?}"))?;
        shapes.push(report::Measured::new(shape, samples, calls));
    }
    report::write(&report::Report {
        machine: machine::describe(),
        runs,
        latency_ms: measure::LATENCY_MS,
        shapes,
    })
}
