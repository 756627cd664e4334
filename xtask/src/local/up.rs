//! `cargo xtask up`, and the stack that the other commands start for themselves.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::cloud::{self, Cloud};
use super::functions::{self, Build};
use super::outside::Outside;
use super::{Venv, deploy, logs, port, seed, welcome};
use crate::cli;
use crate::process;
use crate::say::{self, Step};
use crate::stack::{Schedules, Stack};
use crate::token;

/// A stack that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) stack: Stack,
    /// None once it was left running.
    cloud: Option<Cloud>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(cloud) = self.cloud.take() {
            let step = Step::begin(format!("stop the stack on port {}", self.stack.port));
            drop(cloud);
            super::down::forget(self.stack.port);
            step.done("");
        }
    }
}

/// `cargo xtask up`.
pub(crate) async fn up(options: &cli::Up) -> Result<()> {
    let what = if options.no_build { Build::Nothing } else { Build::Functions };
    let mut running = start(options.port, what).await?;
    running.stack.save_as_latest()?;
    welcome::print(&running.stack, options.detach);
    if options.detach {
        if let Some(cloud) = running.cloud.take() {
            cloud.leave_running();
        }
        return Ok(());
    }
    let log = running.stack.log.clone();
    let Some(cloud) = &mut running.cloud else { return Ok(()) };
    tokio::select! {
        biased;
        signal = process::interrupted() => say::note(signal),
        ended = cloud.ended() => ended?,
        followed = logs::follow(&log) => followed?,
    }
    Ok(())
}

/// Installs, builds, starts, deploys, seeds, and writes `stack-<port>.json`.
pub(crate) async fn start(port: Option<u16>, what: Build) -> Result<Running> {
    // Asked now: a build may replace the file.
    let ourselves = std::env::current_exe()?;
    // A port that is taken shall not show only after minutes of building.
    port::pick(port)?;
    let venv = Venv::cloud();
    venv.ensure().await?;
    let lambda_dir = functions::build(what).await?;
    let mut cloud = Cloud::start(&venv, port::pick(port)?).await?;
    let outside = Outside::start(&mut cloud, &ourselves).await?;
    let outputs = deploy::deploy(&venv, cloud.port(), &lambda_dir, &outside.parameters()).await?;
    let stack = describe(&venv, &cloud, &lambda_dir, outputs, outside).await?;
    stack.save()?;
    Ok(Running { stack, cloud: Some(cloud) })
}

async fn describe(
    venv: &Venv,
    cloud: &Cloud,
    lambda_dir: &Path,
    outputs: BTreeMap<String, String>,
    outside: Outside,
) -> Result<Stack> {
    let port = cloud.port();
    let output =
        |name: &str| outputs.get(name).cloned().with_context(|| format!("the template has no output {name}"));
    let secrets = seed::Secrets {
        auth: output("AuthSecretArn")?,
        fcm: output("FcmSecretArn")?,
        vapid: output("VapidSecretArn")?,
        sinks_url: &outside.sinks_url,
        vapid_private_key: &outside.vapid.private_key,
    };
    let auth_secret = seed::secrets(venv, port, &secrets).await?;
    Ok(Stack {
        http_url: output("HttpUrl")?,
        ws_url: output("WebSocketUrl")?,
        aws_endpoint_url: cloud::endpoint(port),
        sinks_url: outside.sinks_url,
        vapid_public_key: outside.vapid.public_key,
        region: cloud::REGION.to_owned(),
        http_api_id: output("HttpApiId")?,
        ws_api_id: output("WebSocketApiId")?,
        pid: cloud.pid(),
        port,
        log: cloud::log(port),
        lambda_dir: lambda_dir.to_path_buf(),
        tables: named(&outputs, "Table", ""),
        queues: named(&outputs, "Queue", "Url"),
        schedules: Schedules {
            group: output("ScheduleGroup")?,
            role_arn: output("ScheduleRoleArn")?,
            target_arn: output("QueueDispatchArn")?,
        },
        tokens: token::ready_made(&auth_secret)?,
        auth_secret,
        outputs,
    })
}

/// `QueueDispatchDlqUrl` → `dispatch-dlq`; tables keep their capitals: `TableInbox` → `Inbox`.
fn named(outputs: &BTreeMap<String, String>, prefix: &str, suffix: &str) -> BTreeMap<String, String> {
    let short = |name: &str| {
        let inner = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
        Some(if suffix.is_empty() { inner.to_owned() } else { kebab(inner) })
    };
    outputs.iter().filter_map(|(name, value)| Some((short(name)?, value.clone()))).collect()
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_become_short_names() {
        let outputs =
            [("TableInbox", "t"), ("QueueDispatchDlqUrl", "d"), ("QueueRealtimeUrl", "r"), ("HttpUrl", "h")];
        let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(named(&outputs, "Table", ""), BTreeMap::from([("Inbox".into(), "t".into())]));
        let queues = BTreeMap::from([("dispatch-dlq".into(), "d".into()), ("realtime".into(), "r".into())]);
        assert_eq!(named(&outputs, "Queue", "Url"), queues);
    }
}
