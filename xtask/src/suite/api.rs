//! The HTTP API against `docs/openapi.json`: schemathesis asks for everything the document allows, and for what it does not.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use crate::http::Http;
use crate::local::Venv;
use crate::process::Group;
use crate::stack::Stack;
use crate::token::{self, Bearer};
use crate::workspace;

/// Nobody else's, so that nothing it erases is missed.
const TENANT: &str = "schemathesis";
const USER: &str = "tested";
/// Notifications to be read, archived, snoozed; the last one to be deleted.
const NOTIFICATIONS: usize = 7;
/// Longest that it may take, in all.
const LIMIT: Duration = Duration::from_secs(300);
/// Longest until what was posted is in the inbox.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(stack: &Stack) -> Result<()> {
    let venv = Venv::checks();
    venv.ensure().await?;
    let admin = sign(stack, "admin", &["notifications:send", "notifications:admin"])?;
    let user = sign(stack, USER, &[])?;
    let ids = notifications(stack, &admin, &user).await?;
    let mut schemathesis = Command::new(venv.python());
    schemathesis
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(workspace::infra("schemathesis.toml"))
        .arg("run")
        .arg(workspace::root().join("docs/openapi.json"))
        .arg("--no-color")
        // Where it may leave things behind.
        .current_dir(workspace::run(stack.port))
        .env("CARILLON_HTTP_URL", &stack.http_url)
        .env("CARILLON_HOOKS", workspace::infra("schemathesis_hooks.py"))
        .env("CARILLON_ADMIN_TOKEN", admin)
        .env("CARILLON_USER_TOKEN", user)
        .env("CARILLON_IDS", ids.join(" "))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let ended = timeout(LIMIT, Group::spawn(&mut schemathesis)?.succeed()).await;
    ended.context("schemathesis took more than five minutes")?
}

fn sign(stack: &Stack, user: &str, scopes: &[&str]) -> Result<String> {
    let bearer = Bearer { tenant: TENANT, user, account: None, scopes: scopes.to_vec() };
    token::sign(&stack.auth_secret, &bearer, token::TTL)
}

/// Posts some and waits until they are in the inbox.
async fn notifications(stack: &Stack, admin: &str, user: &str) -> Result<Vec<String>> {
    let http = Http::new(PATIENCE);
    let mut ids = Vec::new();
    for index in 1..=NOTIFICATIONS {
        let body =
            json!({"type": "booking_confirmed", "recipient": USER, "title": format!("Booking {index}")});
        let url = format!("{}/v1/notifications", stack.http_url);
        let (status, answer) = http.post(&url, Some(admin), &body).await?;
        let id = answer.get("id").and_then(Value::as_str);
        ids.push(id.with_context(|| format!("HTTP {status}: {answer}"))?.to_owned());
    }
    let deadline = Instant::now() + PATIENCE;
    let url = format!("{}/api/notifications/unread-count", stack.http_url);
    loop {
        let (_, answer) = http.get(&url, Some(user)).await?;
        if answer.get("count").and_then(Value::as_u64) >= Some(NOTIFICATIONS as u64) {
            return Ok(ids);
        }
        if Instant::now() > deadline {
            bail!("what was posted did not come into the inbox: {answer}");
        }
        sleep(Duration::from_millis(100)).await;
    }
}
