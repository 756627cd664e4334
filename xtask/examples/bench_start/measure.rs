//! One cold start.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use carillon_testkit::RuntimeApi;

use crate::aws::Aws;
use crate::events::{self, Stage};

/// Times in milliseconds, memory in megabytes.
pub(crate) struct Sample {
    pub(crate) init: f64,
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) resident: f64,
}

/// A function as Lambda starts it.
pub(crate) async fn start(aws: &Aws, binary: &Path) -> Result<RuntimeApi> {
    let environment = aws.environment().into_iter();
    environment
        .fold(RuntimeApi::bootstrap(binary), |builder, (name, value)| builder.env(name, value))
        // The template's, of those that read queues: send-push begins nothing with less time than a request may take.
        .timeout(Duration::from_secs(30))
        .start()
        .await
}

pub(crate) async fn cold_start(stage: &Stage, name: &str, binary: &Path) -> Result<Sample> {
    let events = [stage.event(name).await?, stage.event(name).await?];
    let function = start(&stage.aws, binary).await?;
    let init = function.timings().await.init;
    let mut times = Vec::new();
    for event in events {
        events::succeeded(name, &function.invoke(event).await?)?;
        times.push(function.timings().await.last_invocation.as_secs_f64() * 1000.0);
    }
    let resident = resident_megabytes(function.pid())?;
    function.kill().await;
    let [first, second] = times.try_into().ok().context("two events")?;
    Ok(Sample { init: init.as_secs_f64() * 1000.0, first, second, resident })
}

/// `VmRSS` is in kibibytes, whatever its unit says (proc(5)).
fn resident_megabytes(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("needs Linux's /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024.0 / 1e6)
}
