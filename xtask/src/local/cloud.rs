//! The local cloud: a process of our own that answers as AWS does.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::Venv;
use crate::http::Http;
use crate::process::Group;
use crate::say::Step;
use crate::workspace;

pub(crate) const REGION: &str = "us-east-1";

/// It takes half a second; a loaded machine may need much longer.
const READY: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub(crate) struct Cloud {
    group: Group,
    port: u16,
}

impl Cloud {
    pub(crate) async fn start(venv: &Venv, port: u16) -> Result<Self> {
        let step = Step::begin(format!("start the local cloud on port {port}"));
        let run = workspace::run(port);
        // What an earlier run on this port left; it is not there the first time.
        let _ = std::fs::remove_dir_all(&run);
        std::fs::create_dir_all(run.join("tmp"))?;
        prune()?;
        let log = File::create(log(port))?;
        let mut command = Command::new(venv.python());
        command.args(["-u", "-X", &mark(port)]).arg(workspace::infra("launcher.py"));
        environment(&mut command, port);
        command.env("TMPDIR", run.join("tmp")).stdout(log.try_clone()?).stderr(log);
        let mut cloud = Self { group: Group::spawn(&mut command)?, port };
        cloud.ready().await?;
        step.done("");
        Ok(cloud)
    }

    async fn ready(&mut self) -> Result<()> {
        let url = format!("{}/_ministack/health", endpoint(self.port));
        let http = Http::new(Duration::from_secs(2));
        let deadline = Instant::now() + READY;
        loop {
            if let Some(status) = self.group.child().try_wait()? {
                bail!(
                    "the local cloud ended with {status}; its log is {}\n{}",
                    log(self.port).display(),
                    self.tail()
                );
            }
            if http.get(&url, None).await.is_ok_and(|(status, _)| status.is_success()) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!(
                    "the local cloud does not answer at {url}; its log is {}\n{}",
                    log(self.port).display(),
                    self.tail()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn tail(&self) -> String {
        super::logs::tail(&log(self.port), 40)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// For what shall end with it.
    pub(crate) fn group(&mut self) -> &mut Group {
        &mut self.group
    }

    pub(crate) fn pid(&self) -> i32 {
        self.group.pid()
    }

    /// Waits for an end that nobody asked for.
    pub(crate) async fn ended(&mut self) -> Result<()> {
        let status = self.group.wait().await.context("the local cloud")?;
        bail!("the local cloud ended by itself with {status}; its log is {}", log(self.port).display())
    }

    pub(crate) fn leave_running(self) {
        self.group.leave_running();
    }
}

/// Free ports are many, so their logs would pile up: the latest ten stay, and those of what runs.
fn prune() -> Result<()> {
    let mut old = Vec::new();
    for entry in std::fs::read_dir(workspace::local())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(port) = name.strip_prefix("run-")
            && !workspace::local().join(format!("stack-{port}.json")).exists()
        {
            old.push((path.metadata().and_then(|about| about.modified()).ok(), path));
        }
    }
    old.sort();
    for (_, path) in old.iter().rev().skip(10) {
        // Another `cargo xtask` may be doing the same.
        let _ = std::fs::remove_dir_all(path);
    }
    Ok(())
}

/// On the local cloud's command line, so that `down` never stops anything else.
pub(crate) fn mark(port: u16) -> String {
    format!("carillon-port={port}")
}

pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// What the local cloud and the functions write.
pub(crate) fn log(port: u16) -> PathBuf {
    workspace::run(port).join("stack.log")
}

/// The environment of all that runs against the local cloud. Without the endpoint, or with the developer's own
/// credentials or profile, it would talk to real AWS.
pub(crate) fn environment(command: &mut Command, port: u16) {
    const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        if upper.starts_with("AWS_") || PROXIES.contains(&&*upper) {
            command.env_remove(&name);
        }
    }
    command
        .current_dir(workspace::root())
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("AWS_ENDPOINT_URL", endpoint(port))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        // The functions' IAM policies are enforced, so that least privilege is tested.
        .env("AUTH", "true")
        .env("NO_PROXY", "127.0.0.1,localhost");
}
