//! The real template, deployed to the local cloud.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::{Venv, cloud, logs};
use crate::process::Group;
use crate::say::Step;
use crate::workspace;

/// With these parameters; returns the template's outputs.
pub(crate) async fn deploy(
    venv: &Venv,
    port: u16,
    lambda_dir: &Path,
    parameters: &[(&str, String)],
) -> Result<BTreeMap<String, String>> {
    let step = Step::begin("deploy infra/template.yaml");
    let run = workspace::run(port);
    let (outputs, log) = (run.join("outputs.json"), run.join("deploy.log"));
    let file = File::create(&log)?;
    let mut command = Command::new(venv.python());
    command.arg(workspace::infra("deploy.py"));
    command.arg("--endpoint").arg(cloud::endpoint(port));
    command.arg("--artifacts").arg(lambda_dir).arg("--out").arg(&outputs);
    for (name, value) in parameters {
        command.arg("--param").arg(format!("{name}={value}"));
    }
    cloud::environment(&mut command, port);
    command.env("TMPDIR", run.join("tmp")).stdout(file.try_clone()?).stderr(file);
    if !Group::spawn(&mut command)?.wait().await?.success() {
        bail!("the template could not be deployed; its log is {}\n{}", log.display(), logs::tail(&log, 40));
    }
    let text = std::fs::read_to_string(&outputs).with_context(|| outputs.display().to_string())?;
    let outputs: BTreeMap<String, String> = serde_json::from_str(&text).context("outputs.json")?;
    step.done("");
    Ok(outputs)
}
