//! `cargo xtask bench email` and `cargo xtask bench sms`: jobs through the real send-email or send-sms, against an SES or SNS
//! that takes 50 ms.
//!
//!     bench_send RUNS BINARY
//!
//! One process of the function, as Lambda would have it at a concurrency of one. SES, SNS, DynamoDB (dynoxide) and Lambda's own
//! API are in this process, so that the function's processor time and memory are its own; all over loopback without TLS.
//! Prints a Markdown table, and writes `target/bench/send-email.json` or `send-sms.json`.

#[expect(dead_code, reason = "the module is bench_start's; this needs a part of it")]
#[path = "../bench_start/aws.rs"]
mod aws;
mod channel;
#[path = "../common/cpu.rs"]
mod cpu;
#[path = "../common/invoke.rs"]
mod invoke;
#[path = "../common/json.rs"]
mod json;
#[path = "../bench_start/machine.rs"]
mod machine;
mod measure;
mod provider;
mod report;
#[path = "../common/rows.rs"]
mod rows;
#[path = "../common/spread.rs"]
mod spread;
#[path = "../common/work.rs"]
mod work;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::channel::Channel;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: bench_send RUNS BINARY";
    let runs: usize = arguments.next().context(usage)?.parse()?;
    let binary = PathBuf::from(arguments.next().context(usage)?);
    let channel = Channel::of(&binary).context("neither send-email nor send-sms")?;
    // Before it makes a load itself.
    let machine = machine::describe();
    let mut samples = Vec::new();
    for run in 1..=runs.max(1) {
        eprintln!("    run {run}");
        samples.push(measure::run(&binary, channel).await?);
    }
    report::write(&report::Report::new(channel, machine, &samples))
}
