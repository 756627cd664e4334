//! What stands in for services outside AWS, and what they know this stack by.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::cloud::{self, Cloud};
use super::port;
use crate::http::Http;
use crate::vapid::Pair;
use crate::workspace;

const READY: Duration = Duration::from_secs(30);

pub(crate) struct Outside {
    pub(crate) sinks_url: String,
    pub(crate) vapid: Pair,
}

impl Outside {
    /// Starts the sinks in the local cloud's process group, with which they end. They are this program, which `program`
    /// names.
    pub(crate) async fn start(cloud: &mut Cloud, program: &Path) -> Result<Self> {
        let port = port::pick(None)?;
        let path = workspace::run(cloud.port()).join("sinks.log");
        let log = File::create(&path)?;
        let mut command = Command::new(program);
        command.args(["sinks", "--port", &port.to_string()]);
        command.current_dir(workspace::root()).stdout(log.try_clone()?).stderr(log);
        cloud.group().join(&mut command)?;
        let sinks_url = cloud::endpoint(port);
        let http = Http::new(Duration::from_secs(2));
        let deadline = Instant::now() + READY;
        while http.get(&format!("{sinks_url}/connections"), None).await.is_err() {
            if Instant::now() >= deadline {
                bail!("the sinks do not answer at {sinks_url}; their log is {}", path.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { sinks_url, vapid: pair()? })
    }

    /// Of the template.
    pub(crate) fn parameters(&self) -> [(&'static str, String); 4] {
        let host = self.sinks_url.trim_start_matches("http://");
        [
            ("FcmUrl", format!("{}/fcm", self.sinks_url)),
            ("FcmIidUrl", self.sinks_url.clone()),
            ("VapidPublicKey", self.vapid.public_key.clone()),
            ("LoopbackAllowed", host.to_owned()),
        ]
    }
}

/// Made at the first start, and kept: a browser that subscribed yesterday is reached today.
fn pair() -> Result<Pair> {
    let path = workspace::local().join("vapid.json");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return serde_json::from_str(&text).with_context(|| format!("{} is no key pair", path.display()));
    }
    let pair = Pair::generate();
    workspace::write(&path, &(serde_json::to_string_pretty(&pair)? + "\n"))?;
    Ok(pair)
}
