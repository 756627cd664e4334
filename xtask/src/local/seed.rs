//! The auth secret of a fresh deployment.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::{Venv, cloud};
use crate::stack::AuthSecret;
use crate::workspace;

/// Puts the document with the local keys; returns the one that signs. Botocore does it, because the local cloud
/// checks signatures, and an SDK for one call would double the time that this program takes to build.
pub(crate) async fn auth_secret(venv: &Venv, port: u16, secret_id: &str) -> Result<AuthSecret> {
    let mut command = Command::new(venv.python());
    command.arg(workspace::root().join("xtask/python/seed.py")).arg(secret_id);
    command.arg(workspace::root().join("tests/keys"));
    cloud::environment(&mut command, port);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    if !output.status.success() {
        bail!("the auth secret could not be put: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    serde_json::from_slice(&output.stdout).context("seed.py")
}
