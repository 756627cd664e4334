//! The result, for people and for programs.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::jobs::Shape;
use crate::machine::Machine;
use crate::measure::Sample;

#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) runs: usize,
    pub(crate) latency_ms: u64,
    pub(crate) shapes: Vec<Measured>,
}

#[derive(Serialize)]
pub(crate) struct Measured {
    shape: Shape,
    pushes: usize,
    invocations: usize,
    wall_seconds: Spread,
    per_second: Spread,
    cpu_seconds: Spread,
    /// Pushes by seconds that a processor was busy with them.
    per_second_and_core: Spread,
    /// Of the measuring process: FCM, DynamoDB, Lambda.
    others_cpu_seconds: Spread,
    /// Since the process began.
    connections: Spread,
    /// To DynamoDB and Secrets Manager.
    aws_connections: Spread,
    most_in_flight: Spread,
    /// By operation.
    calls_per_recipient: BTreeMap<String, f64>,
}

#[derive(Serialize)]
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> Self {
        let mut values: Vec<f64> = samples.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        // Between the two in the middle, which are one and the same for an odd number.
        let median = f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2));
        Self { min: at(0), median, max: at(values.len().saturating_sub(1)) }
    }

    fn shown(&self, decimals: usize) -> String {
        let Self { min, median, max } = self;
        format!("{median:.decimals$} ({min:.decimals$}–{max:.decimals$})")
    }

    /// Of what is counted: as a rule it is always the same.
    fn count(&self) -> String {
        if self.min < self.max { format!("{}–{}", self.min, self.max) } else { self.max.to_string() }
    }
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "shown with few decimals")]
    pub(crate) fn new(shape: &Shape, samples: &[Sample], calls_per_recipient: BTreeMap<String, f64>) -> Self {
        let pushes = shape.pushes();
        Self {
            shape: *shape,
            pushes,
            invocations: samples.first().map_or(0, |sample| sample.invocations),
            wall_seconds: Spread::of(samples, |sample| sample.wall),
            per_second: Spread::of(samples, |sample| pushes as f64 / sample.wall),
            cpu_seconds: Spread::of(samples, |sample| sample.cpu),
            per_second_and_core: Spread::of(samples, |sample| pushes as f64 / sample.cpu),
            others_cpu_seconds: Spread::of(samples, |sample| sample.others_cpu),
            connections: Spread::of(samples, |sample| sample.connections as f64),
            aws_connections: Spread::of(samples, |sample| sample.other_connections as f64),
            most_in_flight: Spread::of(samples, |sample| sample.most_in_flight as f64),
            calls_per_recipient,
        }
    }

    fn devices(&self) -> String {
        let Shape { users, devices_each, times } = self.shape;
        let times = if times > 1 { format!(", {times} times") } else { String::new() };
        format!("{} ({users} × {devices_each}{times})", self.shape.devices())
    }

    fn calls(&self) -> String {
        let each =
            self.calls_per_recipient.iter().map(|(operation, count)| format!("{count:.2} {operation}"));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// A Markdown table on standard output, all of it in `target/bench/push.json`.
pub(crate) fn write(report: &Report) -> Result<()> {
    let Report { machine, runs, latency_ms, shapes } = report;
    let Machine { cpu, cores, date, load } = machine;
    println!(
        "\n{cpu}, {cores} cores, load {load}, {date}; FCM takes {latency_ms} ms; median (min–max) of {runs} runs\n"
    );
    println!(
        "| devices (recipients × each) | invocations | seconds | pushes/s | CPU s | pushes/s per core | connections to FCM | to AWS | most in flight | AWS calls per recipient |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---|");
    for measured in shapes {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            measured.devices(),
            measured.invocations,
            measured.wall_seconds.shown(2),
            measured.per_second.shown(0),
            measured.cpu_seconds.shown(2),
            measured.per_second_and_core.shown(0),
            measured.connections.count(),
            measured.aws_connections.count(),
            measured.most_in_flight.count(),
            measured.calls(),
        );
    }
    let folder = carillon_testkit::workspace_root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("push.json");
    std::fs::write(&path, serde_json::to_string_pretty(report)? + "\n")
        .with_context(|| path.display().to_string())
}
