//! Independent implementations that there are in Python only.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use carillon_testkit::workspace_root;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Runs a program of `tests/python` with the local cloud's Python: JSON in, JSON out.
///
/// # Errors
/// If that Python is not there, with what makes it, or the program fails, with what it wrote.
pub async fn python(program: &str, command: &str, input: &Value) -> Result<Value> {
    let root = workspace_root();
    let python = root.join("target/local/venv/bin/python");
    ensure!(python.is_file(), "there is no {}: `cargo xtask up` makes it", python.display());
    let mut run = Command::new(python);
    // Nothing is to be left beside the sources.
    run.arg("-B").arg(root.join("tests/python").join(program)).arg(command).kill_on_drop(true);
    let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // It may end without reading: why, it tells on the other stream.
    let mut stdin = child.stdin.take().context("no standard input")?;
    let written = stdin.write_all(input.to_string().as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {command}: {}", problem.trim_end());
    written?;
    serde_json::from_slice(&output.stdout).with_context(|| format!("{program} {command}"))
}
