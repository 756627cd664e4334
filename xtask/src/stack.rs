//! `target/local/stack.json`: what runs, where, and how to talk to it. The tests read it too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::workspace;

/// A deployed local cloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// Base of the HTTP API.
    pub(crate) http_url: String,
    /// The WebSocket API, without the token.
    pub(crate) ws_url: String,
    /// All AWS services; credentials test/test.
    pub(crate) aws_endpoint_url: String,
    /// What stands in for FCM and push services, and notes what they got.
    pub(crate) sinks_url: String,
    /// What browsers subscribe with.
    pub(crate) vapid_public_key: String,
    pub(crate) region: String,
    pub(crate) http_api_id: String,
    pub(crate) ws_api_id: String,
    /// The local cloud's process, leader of its own group.
    pub(crate) pid: i32,
    pub(crate) port: u16,
    /// What the local cloud and the functions wrote.
    pub(crate) log: PathBuf,
    pub(crate) lambda_dir: PathBuf,
    /// Physical names by short name: `Inbox`.
    pub(crate) tables: BTreeMap<String, String>,
    /// URLs by short name: `dispatch`, `dispatch-dlq`.
    pub(crate) queues: BTreeMap<String, String>,
    pub(crate) schedules: Schedules,
    /// Ready-made tokens of tenant acme: `alice`, `bob`, `producer`, `admin`.
    pub(crate) tokens: BTreeMap<String, String>,
    pub(crate) auth_secret: AuthSecret,
    /// All outputs of the template.
    pub(crate) outputs: BTreeMap<String, String>,
}

/// What one-time schedules are made with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Schedules {
    pub(crate) group: String,
    /// What they send with.
    pub(crate) role_arn: String,
    /// The dispatch queue, which they send to.
    pub(crate) target_arn: String,
}

/// What this stack's tokens are signed with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AuthSecret {
    pub(crate) kid: String,
    /// An HS256 key: the bytes of this text.
    pub(crate) secret: String,
    pub(crate) issuer: String,
}

fn latest() -> PathBuf {
    workspace::local().join("stack.json")
}

fn of_port(port: u16) -> PathBuf {
    workspace::local().join(format!("stack-{port}.json"))
}

impl Stack {
    /// The one on this port; without one, what `CARILLON_STACK` names; without that, the latest.
    pub(crate) fn load(port: Option<u16>) -> Result<Self> {
        match (port, std::env::var_os("CARILLON_STACK")) {
            (Some(port), _) => Self::read(&of_port(port)),
            (None, Some(path)) => Self::read(Path::new(&path)),
            (None, None) => Self::read(&latest()),
        }
    }

    fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            bail!("nothing runs: there is no {}. `cargo xtask up` starts it", path.display());
        }
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not of this version: start the stack again", path.display()))
    }

    pub(crate) fn save(&self) -> Result<()> {
        workspace::write(&self.path(), &self.text()?)
    }

    /// From now on the one that is meant where none is named.
    pub(crate) fn save_as_latest(&self) -> Result<()> {
        workspace::write(&latest(), &self.text()?)
    }

    fn text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// This stack's own file, whichever is the latest.
    pub(crate) fn path(&self) -> PathBuf {
        of_port(self.port)
    }

    /// Forgets a stack that stopped; the latest is then another one that still runs, if any.
    pub(crate) fn forget(port: u16, runs: impl Fn(&Self) -> bool) -> Result<()> {
        // They may be gone already.
        let _ = std::fs::remove_file(of_port(port));
        if Self::read(&latest()).is_ok_and(|stack| stack.port != port) {
            return Ok(());
        }
        let _ = std::fs::remove_file(latest());
        let mut others: Vec<_> =
            std::fs::read_dir(workspace::local())?.flatten().map(|entry| entry.path()).collect();
        others
            .retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("stack-")));
        others.sort_by_key(|path| path.metadata().and_then(|about| about.modified()).ok());
        match others.iter().rev().filter_map(|path| Self::read(path).ok()).find(|stack| runs(stack)) {
            Some(other) => other.save_as_latest(),
            None => Ok(()),
        }
    }
}
