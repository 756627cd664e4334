//! The result, for people and for programs.

use anyhow::Result;
use serde::Serialize;

use crate::channel::Channel;
use crate::json;
use crate::machine::Machine;
use crate::measure::{BATCH, PART, Part, QUEUED, Sample};
use crate::provider::LATENCY_MS;
use crate::spread::Spread;
use crate::work::RECIPIENTS;

#[derive(Serialize)]
pub(crate) struct Report {
    channel: Channel,
    machine: Machine,
    runs: usize,
    latency_ms: u64,
    queued_recipients: usize,
    recipients_of_a_message: usize,
    messages_of_a_batch: usize,
    invocations: usize,
    /// All of a run.
    wall_seconds: Spread,
    cpu_seconds: Spread,
    /// Of the measuring process: the provider, DynamoDB, Lambda.
    others_cpu_seconds: Spread,
    /// Spreads over the parts of all runs.
    recipients_of_a_part: usize,
    per_second: Spread,
    /// By seconds that a processor was busy with them.
    per_second_and_core: Spread,
    most_in_flight: Spread,
    bytes_to_provider_each: Spread,
    peak_megabytes_before: Spread,
    peak_megabytes_after_a_part: Spread,
    peak_megabytes: Spread,
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "shown with few decimals")]
    pub(crate) fn new(channel: Channel, machine: Machine, samples: &[Sample]) -> Self {
        let parts: Vec<&Part> = samples.iter().flat_map(|sample| &sample.parts).collect();
        let total = |value: fn(&Part) -> f64| {
            Spread::of(samples, |sample: &Sample| sample.parts.iter().map(value).sum())
        };
        let peak = |index: usize| {
            Spread::of(samples, |sample: &Sample| sample.peak.get(index).copied().unwrap_or(f64::NAN))
        };
        Self {
            channel,
            machine,
            runs: samples.len(),
            latency_ms: LATENCY_MS,
            queued_recipients: QUEUED,
            recipients_of_a_message: RECIPIENTS,
            messages_of_a_batch: BATCH,
            invocations: samples.first().map_or(0, |sample| sample.invocations),
            wall_seconds: total(|part| part.wall),
            cpu_seconds: total(|part| part.cpu),
            others_cpu_seconds: total(|part| part.others_cpu),
            recipients_of_a_part: PART,
            per_second: Spread::of(&parts, |part| PART as f64 / part.wall),
            per_second_and_core: Spread::of(&parts, |part| PART as f64 / part.cpu),
            most_in_flight: Spread::of(samples, |sample| sample.most_in_flight as f64),
            bytes_to_provider_each: Spread::of(samples, |sample| sample.bytes_each as f64),
            peak_megabytes_before: peak(0),
            peak_megabytes_after_a_part: peak(1),
            peak_megabytes: peak(2),
        }
    }
}

/// A Markdown table on standard output, all of it in `target/bench/`.
pub(crate) fn write(report: &Report) -> Result<()> {
    let Machine { cpu, cores, date, load } = &report.machine;
    let (name, runs) = (report.channel.name(), report.runs);
    println!(
        "\n{cpu}, {cores} cores, load {load}, {date}; the provider takes {LATENCY_MS} ms; {runs} runs of {QUEUED} recipients, \
         rates: median (min–max) of {PART} each\n"
    );
    println!(
        "| channel | invocations | seconds | sent/s | CPU s | sent/s per core | most in flight | bytes to the provider each | \
         peak MB: before | after {PART} | after {QUEUED} | CPU s of the rest |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        report.invocations,
        report.wall_seconds.shown(2),
        report.per_second.shown(0),
        report.cpu_seconds.shown(2),
        report.per_second_and_core.shown(0),
        report.most_in_flight.max,
        report.bytes_to_provider_each.max,
        report.peak_megabytes_before.shown(1),
        report.peak_megabytes_after_a_part.shown(1),
        report.peak_megabytes.shown(1),
        report.others_cpu_seconds.shown(2),
    );
    json::write(&format!("send-{name}"), report)
}
