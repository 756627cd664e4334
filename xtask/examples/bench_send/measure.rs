//! One run: a new process of the function, a new provider, a new database.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use carillon_testkit::RuntimeApi;
use ulid::Ulid;

use crate::aws::Aws;
use crate::channel::Channel;
use crate::invoke::invoke;
use crate::provider::Provider;
use crate::work::{RECIPIENTS, message, sqs};
use crate::{cpu, rows};

/// Whose jobs are queued.
pub(crate) const QUEUED: usize = 10_000;
/// The template's, of both.
pub(crate) const BATCH: usize = 4;
/// Recipients of what is measured as one, so that a run shows how its parts differ.
pub(crate) const PART: usize = 1_000;
/// The first ones of a process, before anything is measured, one in each language: templates are compiled and connections made.
const WARM_UP: usize = 2;

/// One part of a run.
pub(crate) struct Part {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// Of the process that plays everything else: should it be short of time, the function waits for it.
    pub(crate) others_cpu: f64,
}

pub(crate) struct Sample {
    pub(crate) parts: Vec<Part>,
    /// In megabytes: after the first, after a part, and after all.
    pub(crate) peak: [f64; 3],
    pub(crate) invocations: usize,
    pub(crate) most_in_flight: usize,
    pub(crate) bytes_each: usize,
}

pub(crate) async fn run(binary: &Path, channel: Channel) -> Result<Sample> {
    let (aws, provider) = (Aws::start().await?, Provider::start().await?);
    let function = start(binary, channel, &aws, &provider).await?;
    #[expect(clippy::disallowed_methods, reason = "the rows must be of today")]
    let now = jiff::Timestamp::now().as_millisecond();
    let queue = async |number: u128, recipients: usize| {
        let ulid = Ulid::from_parts(u64::try_from(now)?, number);
        rows::fill(aws.dynamo(), channel.name(), ulid, recipients, now).await?;
        let addressees: Vec<_> = (0..recipients).map(|index| channel.addressee(index)).collect();
        let messages = addressees.chunks(RECIPIENTS).map(|some| message(channel.name(), ulid, some, now));
        let messages: Vec<_> = messages.collect();
        anyhow::Ok(messages.chunks(BATCH).map(|some| sqs(channel.name(), some)).collect::<Vec<_>>())
    };
    for event in queue(0, WARM_UP).await? {
        invoke(&function, event).await?;
    }
    let (asked, due) = (provider.requests(), WARM_UP * channel.requests());
    ensure!(asked == due, "asked {asked} times for the first {WARM_UP}: {}", function.output().join("\n"));
    let (pid, own) = (function.pid(), std::process::id());
    let mut peak = [peak_megabytes(pid)?; 3];
    let events = queue(1, QUEUED).await?;
    let (invocations, bytes) = (events.len(), provider.bytes());
    let mut parts = Vec::new();
    for some in events.chunks(PART / (RECIPIENTS * BATCH)) {
        let (cpu, others) = (cpu::seconds(pid)?, cpu::seconds(own)?);
        let began = Instant::now();
        for event in some {
            invoke(&function, event.clone()).await?;
        }
        let wall = began.elapsed().as_secs_f64();
        parts.push(Part { wall, cpu: cpu::seconds(pid)? - cpu, others_cpu: cpu::seconds(own)? - others });
        let [_, first, last] = &mut peak;
        *last = peak_megabytes(pid)?;
        if parts.len() == 1 {
            *first = *last;
        }
    }
    function.kill().await;
    let (asked, due) = (provider.requests(), (QUEUED + WARM_UP) * channel.requests());
    ensure!(asked == due, "the provider was asked {asked} times instead of {due}");
    rows::all_sent(aws.dynamo(), channel.name()).await?;
    let bytes_each = (provider.bytes() - bytes) / QUEUED;
    Ok(Sample { parts, peak, invocations, most_in_flight: provider.most_in_flight(), bytes_each })
}

async fn start(binary: &Path, channel: Channel, aws: &Aws, provider: &Provider) -> Result<RuntimeApi> {
    let pairs = aws.environment().into_iter().chain(channel.environment(provider.url()));
    let function = RuntimeApi::bootstrap(binary);
    let function = pairs.fold(function, |builder, (name, value)| builder.env(name, value));
    // The template's.
    function.timeout(Duration::from_secs(30)).start().await
}

/// The most that was resident since the process began.
fn peak_megabytes(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("needs Linux's /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1_024.0 / 1_000_000.0)
}
