//! `target/local/stack.json`: where the local cloud is and what it calls things.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// A deployed local cloud, as `cargo xtask up` wrote it down.
#[derive(Debug, Clone, Deserialize)]
pub struct Stack {
    /// Base of the HTTP API; routes such as `/v1/notifications` are appended.
    pub http_url: String,
    /// The WebSocket API; a token is appended as `?token=`.
    pub ws_url: String,
    /// Every AWS service.
    pub aws_endpoint_url: String,
    /// What stands in for FCM and push services (`carillon-fakes`).
    pub sinks_url: String,
    /// What browsers subscribe with.
    pub vapid_public_key: String,
    /// Physical table names by short name, such as `Inbox`.
    pub tables: BTreeMap<String, String>,
    /// Queue URLs by short name, such as `dispatch` and `dispatch-dlq`.
    pub queues: BTreeMap<String, String>,
    /// What one-time schedules are made with.
    pub schedules: Schedules,
    /// Ready-made tokens: `producer`, `admin`, `alice`, `bob`.
    pub tokens: BTreeMap<String, String>,
    /// What tokens of the local stack are signed with.
    pub auth_secret: AuthSecret,
    /// Where the deployed bootstraps are: `<function>/bootstrap`.
    pub lambda_dir: PathBuf,
    /// What the local cloud and the functions wrote.
    pub log: PathBuf,
    /// All outputs of the template, such as `FcmSecretArn`.
    pub outputs: BTreeMap<String, String>,
}

/// EventBridge Scheduler's side of the stack.
#[derive(Debug, Clone, Deserialize)]
pub struct Schedules {
    /// Name of the group.
    pub group: String,
    /// What a schedule sends with.
    pub role_arn: String,
    /// The dispatch queue, which schedules send to.
    pub target_arn: String,
}

/// The HS256 key of the local stack's secret.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthSecret {
    /// Key id for the token's header.
    pub kid: String,
    /// The key, as text; its UTF-8 bytes sign.
    pub secret: String,
    /// The `iss` that tokens must have.
    pub issuer: String,
}

impl Stack {
    /// Reads the file that `CARILLON_STACK` names, else `target/local/stack.json`.
    ///
    /// # Errors
    /// If nothing is running, with what to do about it.
    pub fn load() -> Result<Self> {
        let path = std::env::var_os("CARILLON_STACK")
            .map_or_else(|| crate::workspace_root().join("target/local/stack.json"), PathBuf::from);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("no local cloud at {}: start with cargo xtask up --detach", path.display())
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} is no stack.json", path.display()))
    }
}
