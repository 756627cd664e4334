//! A bootstrap as a child process: Lambda's environment around it, its output kept, killable at any moment.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Kills one child process. By its handle, never by number, so that it cannot hit another process.
#[derive(Debug, Clone)]
pub struct Killer {
    ask: Arc<Notify>,
    exited: watch::Receiver<Option<ExitStatus>>,
}

impl Killer {
    /// SIGKILL, and waits until the process is gone.
    pub async fn kill(&self) {
        self.ask.notify_one();
        self.exited().await;
    }

    /// Waits for the process to end, however it does.
    pub async fn exited(&self) -> Option<ExitStatus> {
        let mut exited = self.exited.clone();
        // An error means that the watching task is gone, and the child with it.
        exited.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }
}

#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) killer: Killer,
    output: watch::Receiver<Vec<String>>,
    task: JoinHandle<()>,
}

impl Process {
    pub(crate) fn spawn(bootstrap: &Path, environment: &BTreeMap<String, String>) -> Result<Self> {
        let mut child = Command::new(bootstrap)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", bootstrap.display()))?;
        let pid = child.id().context("exited at once")?;
        let (lines, output) = watch::channel(Vec::new());
        let readers = [
            tokio::spawn(keep(child.stdout.take(), lines.clone())),
            tokio::spawn(keep(child.stderr.take(), lines)),
        ];
        let (status, exited) = watch::channel(None);
        let ask = Arc::new(Notify::new());
        let task = tokio::spawn(watch_over(child, readers, Arc::clone(&ask), status));
        Ok(Self { pid, killer: Killer { ask, exited }, output, task })
    }

    pub(crate) fn output(&self) -> Vec<String> {
        self.output.borrow().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The child goes with its task (`kill_on_drop`).
        self.task.abort();
    }
}

async fn watch_over(
    mut child: Child,
    readers: [JoinHandle<()>; 2],
    ask: Arc<Notify>,
    status: watch::Sender<Option<ExitStatus>>,
) {
    let ended = tokio::select! {
        ended = child.wait() => ended,
        () = ask.notified() => {
            // Fails only if it is dead already.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    // What it wrote last is often why it ended.
    for reader in readers {
        let _ = reader.await;
    }
    status.send_replace(ended.ok());
}

async fn keep(stream: Option<impl AsyncRead + Unpin>, lines: watch::Sender<Vec<String>>) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream).lines();
    while let Ok(Some(line)) = reader.next_line().await {
        lines.send_modify(|kept| kept.push(line));
    }
}
