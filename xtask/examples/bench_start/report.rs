//! The result, for people and for programs.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::machine::Machine;
use crate::measure::Sample;
use crate::sizes::Sizes;

#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) runs: usize,
    pub(crate) functions: Vec<Function>,
}

#[derive(Serialize)]
pub(crate) struct Function {
    name: String,
    init_ms: Spread,
    first_event_ms: Spread,
    second_event_ms: Spread,
    resident_mb: Spread,
    binary_mb: f64,
    zip_mb: f64,
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
        let middle = f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2));
        Self { min: at(0), median: middle, max: at(values.len().saturating_sub(1)) }
    }
}

impl Function {
    pub(crate) fn new(name: String, samples: &[Sample], sizes: Sizes) -> Self {
        Self {
            name,
            init_ms: Spread::of(samples, |sample| sample.init),
            first_event_ms: Spread::of(samples, |sample| sample.first),
            second_event_ms: Spread::of(samples, |sample| sample.second),
            resident_mb: Spread::of(samples, |sample| sample.resident),
            binary_mb: sizes.binary,
            zip_mb: sizes.zip,
        }
    }
}

/// A Markdown table on standard output, all of it in `target/bench/start.json`.
pub(crate) fn write(report: &Report) -> Result<()> {
    let Report { machine, runs, functions } = report;
    let Machine { cpu, cores, date, load } = machine;
    println!("\n{cpu}, {cores} cores, load {load}, {date}; medians of {runs}, (min–max) of init\n");
    println!("| function | init ms | first event ms | second event ms | resident MB | binary MB | zip MB |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for f in functions {
        println!(
            "| {} | {:.1} ({:.1}–{:.1}) | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            f.name,
            f.init_ms.median,
            f.init_ms.min,
            f.init_ms.max,
            f.first_event_ms.median,
            f.second_event_ms.median,
            f.resident_mb.median,
            f.binary_mb,
            f.zip_mb
        );
    }
    let folder = carillon_testkit::workspace_root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    save(&folder.join("start.json"), report)
}

fn save(path: &Path, report: &Report) -> Result<()> {
    let text = serde_json::to_string_pretty(report)? + "\n";
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
