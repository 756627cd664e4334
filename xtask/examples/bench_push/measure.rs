//! One run: a new process of send-push, a new FCM, a new database.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use carillon_fakes::{Client, Rule, Sink};
use carillon_testkit::{FaultProxy, RuntimeApi};
use serde_json::Value;
use ulid::Ulid;

use crate::aws::Aws;
use crate::invoke::invoke;
use crate::jobs::{self, Shape};
use crate::{cpu, rows};

/// What FCM takes for an answer.
pub(crate) const LATENCY_MS: u64 = 50;
/// The first one of a process, before anything is measured: it has the secret read, a token fetched, and a connection made.
const WARM_UP: Shape = Shape { users: 1, devices_each: 1, times: 1 };

pub(crate) struct Sample {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// Of the process that plays everything else: should it be short of time, send-push waits for it.
    pub(crate) others_cpu: f64,
    pub(crate) invocations: usize,
    pub(crate) connections: usize,
    pub(crate) other_connections: usize,
    pub(crate) most_in_flight: u64,
}

/// Everything around a function that has been warmed up, and what it is to do.
struct Stage {
    aws: Aws,
    fcm: Client,
    function: RuntimeApi,
    events: Vec<Value>,
}

impl Stage {
    async fn set(aws: Aws, binary: &Path, shape: &Shape, more: &[(&str, &str)]) -> Result<Self> {
        let environment = aws.environment();
        let url = environment
            .iter()
            .find(|(name, _)| name == "FCM_URL")
            .map(|(_, url)| url.trim_end_matches("/fcm"));
        let fcm = Client::new(url.context("no FCM")?);
        fcm.answer(&Rule::of(Sink::Fcm).delay(Duration::from_millis(LATENCY_MS))).await?;
        #[expect(clippy::disallowed_methods, reason = "the rows must be of today")]
        let now = jiff::Timestamp::now().as_millisecond();
        let mut events = Vec::new();
        for number in 0..=shape.times {
            let ulid = Ulid::from_parts(u64::try_from(now)?, u128::try_from(number)?);
            let shape = if number == 0 { &WARM_UP } else { shape };
            rows::fill(aws.dynamo(), "push", ulid, shape.users, now).await?;
            events.extend(jobs::events(shape, ulid, now));
        }
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let function = environment
            .iter()
            .cloned()
            .chain(more)
            .fold(RuntimeApi::bootstrap(binary), |builder, (name, value)| builder.env(name, value))
            // The template's.
            .timeout(Duration::from_secs(30))
            .start()
            .await?;
        let mut stage = Self { aws, fcm, function, events };
        let warm_up = stage.events.remove(0);
        invoke(&stage.function, warm_up).await?;
        Ok(stage)
    }
}

/// Times, and what FCM saw.
pub(crate) async fn run(binary: &Path, shape: &Shape) -> Result<Sample> {
    let mut stage = Stage::set(Aws::start().await?, binary, shape, &[]).await?;
    let events = std::mem::take(&mut stage.events);
    let (pid, own, invocations) = (stage.function.pid(), std::process::id(), events.len());
    let (cpu, others) = (cpu::seconds(pid)?, cpu::seconds(own)?);
    let began = Instant::now();
    for event in events {
        invoke(&stage.function, event).await?;
    }
    let wall = began.elapsed().as_secs_f64();
    let (cpu, others_cpu) = (cpu::seconds(pid)? - cpu, cpu::seconds(own)? - others);
    let sockets = sockets(pid)?;
    let seen = stage.fcm.connections().await?;
    // Two more for the warm-up: its push, and the access token, for which this FCM is asked too.
    let asked: u64 = seen.connections.iter().map(|connection| connection.requests).sum();
    ensure!(asked == u64::try_from(shape.pushes())? + 2, "FCM was asked {asked} times");
    rows::all_sent(stage.aws.dynamo(), "push").await?;
    stage.function.kill().await;
    let (connections, most_in_flight) = (seen.used(), seen.most_in_flight);
    // One is to Lambda's own API.
    let other_connections = sockets.saturating_sub(connections + 1);
    Ok(Sample { wall, cpu, others_cpu, invocations, connections, other_connections, most_in_flight })
}

/// Calls of AWS for each recipient, by operation; in a run of its own, because whoever counts them slows them down.
pub(crate) async fn calls(binary: &Path, shape: &Shape) -> Result<BTreeMap<String, f64>> {
    let aws = Aws::start().await?;
    let environment = aws.environment();
    let of = |name: &str| environment.iter().find(|(each, _)| each == name).map(|(_, url)| url.clone());
    let mut proxies = Vec::new();
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"] {
        proxies.push((name, FaultProxy::start(&of(name).context(name)?).await?));
    }
    let more: Vec<_> = proxies.iter().map(|(name, proxy)| (*name, proxy.endpoint())).collect();
    let mut stage = Stage::set(aws, binary, shape, &more).await?;
    let before: Vec<usize> = proxies.iter().map(|(_, proxy)| proxy.seen().len()).collect();
    for event in std::mem::take(&mut stage.events) {
        invoke(&stage.function, event).await?;
    }
    stage.function.kill().await;
    let mut calls = BTreeMap::new();
    for ((_, proxy), before) in proxies.iter().zip(before) {
        for seen in proxy.seen().into_iter().skip(before) {
            *calls.entry(seen.operation).or_insert(0.0) += 1.0;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let recipients = shape.recipients() as f64;
    Ok(calls.into_iter().map(|(operation, count): (String, f64)| (operation, count / recipients)).collect())
}

/// Open now; none was idle for long enough to be closed again.
fn sockets(pid: u32) -> Result<usize> {
    let links = std::fs::read_dir(format!("/proc/{pid}/fd"))?.map(|entry| std::fs::read_link(entry?.path()));
    let links: Vec<_> = links.filter_map(Result::ok).collect();
    Ok(links.iter().filter(|link| link.to_string_lossy().starts_with("socket:")).count())
}
