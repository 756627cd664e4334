//! What the functions asked of AWS, as the local cloud's recorder (`infra/local/recorder.py`) noted it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::http::Http;
use crate::stack::Stack;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Record {
    functions: BTreeMap<String, BTreeMap<String, Tally>>,
    pub(crate) violations: Vec<Violation>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
struct Tally {
    requests: u64,
    errors: u64,
    read_units: f64,
    write_units: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Violation {
    function: String,
    operation: String,
    member: String,
    detail: String,
    count: u64,
}

/// Fails where nothing was recorded, as then nothing was checked either.
pub(crate) async fn fetch(stack: &Stack) -> Result<Record> {
    let url = format!("{}/_carillon/recorder", stack.aws_endpoint_url);
    let (status, report) = Http::new(Duration::from_secs(10)).get(&url, None).await?;
    if !status.is_success() {
        bail!("the recorder answers {status}");
    }
    let record: Record = serde_json::from_value(report).context("the recorder's report")?;
    if record.functions.is_empty() {
        bail!("the recorder saw no request of any function");
    }
    Ok(record)
}

impl Record {
    pub(crate) fn print(&self) {
        println!(
            "\n{:65} {:>8} {:>7} {:>9} {:>9}",
            "AWS requests", "requests", "errors", "read u.", "write u."
        );
        for (function, operations) in self.rows() {
            for (operation, tally) in operations {
                let Tally { requests, errors, read_units, write_units } = tally;
                let units = format!("{} {}", unit(read_units), unit(write_units));
                println!("{function:24} {operation:40} {requests:>8} {errors:>7} {units}");
            }
        }
        for Violation { function, operation, member, detail, count } in &self.violations {
            println!("AWS would refuse, {count} times: {function} {operation}: {member} {detail}");
        }
        println!();
    }

    /// The deployed functions, each by itself, and those that tests ran for themselves.
    fn rows(&self) -> BTreeMap<&str, BTreeMap<&str, Tally>> {
        let mut rows: BTreeMap<&str, BTreeMap<&str, Tally>> = BTreeMap::new();
        for (function, operations) in &self.functions {
            // `rig-dispatch` and `rig-dispatch.01J…`, named by one test, are one row.
            let row = rows.entry(function.split('.').next().unwrap_or(function)).or_default();
            for (operation, tally) in operations {
                let sum = row.entry(operation).or_default();
                sum.requests += tally.requests;
                sum.errors += tally.errors;
                sum.read_units += tally.read_units;
                sum.write_units += tally.write_units;
            }
        }
        rows
    }
}

fn unit(units: f64) -> String {
    if units > 0.0 { format!("{units:>9.1}") } else { format!("{:>9}", "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_one_test_named_are_summed() {
        let record: Record = serde_json::from_str(
            r#"{"functions": {
                "rig-dispatch": {"dynamodb.PutItem": {"requests": 1, "errors": 0, "read_units": 0, "write_units": 2.5}},
                "rig-dispatch.01J": {"dynamodb.PutItem": {"requests": 2, "errors": 1, "read_units": 0, "write_units": 1}}
            }, "violations": []}"#,
        )
        .unwrap();
        let rows = record.rows();
        assert_eq!(rows.len(), 1);
        let sum = rows["rig-dispatch"]["dynamodb.PutItem"];
        assert_eq!((sum.requests, sum.errors), (3, 1));
        assert!((sum.write_units - 3.5).abs() < 1e-9);
    }
}
