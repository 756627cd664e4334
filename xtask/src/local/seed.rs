//! The secrets of a fresh deployment.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{Venv, cloud};
use crate::stack::AuthSecret;
use crate::workspace;

/// The secrets' ids, and what they are to say.
#[derive(Serialize)]
pub(crate) struct Secrets<'a> {
    /// Keys of tokens.
    pub(crate) auth: String,
    /// Google's service account: one that the sinks take.
    pub(crate) fcm: String,
    /// The key of Web Push.
    pub(crate) vapid: String,
    pub(crate) sinks_url: &'a str,
    pub(crate) vapid_private_key: &'a str,
}

/// Puts them; returns the key that signs local tokens. Botocore does it, because the local cloud checks signatures, and
/// an SDK for one call would double the time that this program takes to build.
pub(crate) async fn secrets(venv: &Venv, port: u16, secrets: &Secrets<'_>) -> Result<AuthSecret> {
    let mut command = Command::new(venv.python());
    command.arg(workspace::root().join("xtask/python/seed.py")).arg(workspace::root().join("tests/keys"));
    cloud::environment(&mut command, port);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    stdin.write_all(serde_json::to_string(secrets)?.as_bytes()).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        bail!("the secrets could not be put: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    serde_json::from_slice(&output.stdout).context("seed.py")
}
