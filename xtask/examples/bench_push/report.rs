//! The result, for people and for programs.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::jobs::Shape;
use crate::json;
use crate::machine::Machine;
use crate::measure::Sample;
use crate::spread::Spread;

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

/// Of what is counted: as a rule it is always the same.
fn count(spread: &Spread) -> String {
    let Spread { min, max, .. } = spread;
    if min < max { format!("{min}–{max}") } else { max.to_string() }
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
            count(&measured.connections),
            count(&measured.aws_connections),
            count(&measured.most_in_flight),
            measured.calls(),
        );
    }
    json::write("push", report)
}
