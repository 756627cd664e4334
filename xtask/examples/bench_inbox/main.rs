//! `cargo xtask bench inbox`: the inbox's routes at growing sizes, through the real handler.
//!
//!     bench_inbox SECONDS BINARY
//!
//! One process of inbox-api a client, as Lambda would have it, and DynamoDB served by dynoxide in this process, all over
//! loopback without TLS on the machine's cores: what grows with the inbox is what there is to see. Prints a Markdown
//! table, and writes `target/bench/inbox.json`.
#![expect(dead_code, reason = "the modules are those of bench_start; this needs a part of them")]

#[path = "../bench_start/aws.rs"]
mod aws;
#[path = "../bench_start/events.rs"]
mod events;
#[path = "../bench_start/machine.rs"]
mod machine;
#[path = "../bench_start/measure.rs"]
mod measure;
mod rows;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use carillon_testkit::RuntimeApi;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aws::Aws;

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const CLIENTS: [usize; 2] = [1, 8];

/// One figure of the table.
#[derive(Serialize)]
struct Row {
    size: usize,
    clients: usize,
    route: &'static str,
    requests: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[derive(Serialize)]
struct Report {
    machine: machine::Machine,
    seconds: f64,
    rows: Vec<Row>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: bench_inbox SECONDS BINARY";
    let seconds: f64 = arguments.next().context(usage)?.parse()?;
    let binary = PathBuf::from(arguments.next().context(usage)?);
    let mut rows = Vec::new();
    for size in SIZES {
        let aws = Aws::start().await?;
        let ids = rows::fill(aws.dynamo(), size).await?;
        for clients in CLIENTS {
            eprintln!("    {size} notifications, {clients} clients");
            rows.extend(measure(&aws, &binary, &ids, clients, Duration::from_secs_f64(seconds)).await?);
        }
    }
    print(&rows);
    write(&Report { machine: machine::describe(), seconds, rows })
}

/// What is asked for, one after another. Read-all comes last: it changes what the others find.
fn routes(ids: &[String]) -> [(&'static str, &'static str, Vec<String>); 5] {
    let path = |id: &String| format!("/api/notifications/{id}/read");
    [
        ("list(20)", "GET", vec!["/api/notifications?limit=20".to_owned()]),
        ("list(50)", "GET", vec!["/api/notifications?limit=50".to_owned()]),
        ("unread-count", "GET", vec!["/api/notifications/unread-count".to_owned()]),
        ("mark-read", "POST", ids.iter().map(path).collect()),
        ("read-all", "POST", vec!["/api/notifications/read-all".to_owned()]),
    ]
}

async fn measure(
    aws: &Aws,
    binary: &Path,
    ids: &[String],
    clients: usize,
    time: Duration,
) -> Result<Vec<Row>> {
    let mut functions = Vec::new();
    for _ in 0..clients {
        functions.push(measure::start(aws, binary).await?);
    }
    let token = events::token("carillon:inbox", "alice", "")?;
    let mut rows = Vec::new();
    for (route, method, paths) in routes(ids) {
        let event = |index: usize| {
            paths.get(index % paths.len()).map(|path| events::http(method, path, &token, None))
        };
        let began = Instant::now();
        let each = functions
            .iter()
            .enumerate()
            .map(|(client, function)| client_of(function, client, &event, began, time));
        let mut times: Vec<f64> = futures::future::try_join_all(each).await?.into_iter().flatten().collect();
        let elapsed = began.elapsed().as_secs_f64();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an index"
            )]
            let index = ((times.len() as f64 - 1.0) * share).round() as usize;
            times.get(index).copied().unwrap_or(f64::NAN)
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let per_second = times.len() as f64 / elapsed;
        let (size, requests) = (ids.len(), times.len());
        rows.push(Row { size, clients, route, requests, per_second, p50_ms: at(0.5), p99_ms: at(0.99) });
    }
    for function in functions {
        function.kill().await;
    }
    Ok(rows)
}

/// One client: the next request when the answer is there, for so long.
async fn client_of(
    function: &RuntimeApi,
    client: usize,
    event: &impl Fn(usize) -> Option<Value>,
    began: Instant,
    time: Duration,
) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    // Clients begin at different places, so that they do not mark the same ones.
    let mut next = client * 1_009;
    while began.elapsed() < time {
        let event = event(next).context("no event")?;
        events::succeeded("inbox-api", &function.invoke(event).await?)?;
        times.push(function.timings().await.last_invocation.as_secs_f64() * 1_000.0);
        next += 1;
    }
    Ok(times)
}

fn print(rows: &[Row]) {
    println!(
        "| notifications | clients | route | requests/s | p50 ms | p99 ms |\n|---:|---:|---|---:|---:|---:|"
    );
    for Row { size, clients, route, per_second, p50_ms, p99_ms, .. } in rows {
        println!("| {size} | {clients} | {route} | {per_second:.0} | {p50_ms:.1} | {p99_ms:.1} |");
    }
}

fn write(report: &Report) -> Result<()> {
    let folder = Path::new("target/bench");
    std::fs::create_dir_all(folder)?;
    let file = folder.join("inbox.json");
    std::fs::write(&file, serde_json::to_string_pretty(&json!(report))?)?;
    eprintln!("    written to {}", file.display());
    Ok(())
}
