//! The functions, built for this machine and laid out as Lambda wants them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::process::Group;
use crate::say::Step;
use crate::{cargo, workspace};

/// What to build, and thereby with which features of the shared dependencies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    /// The functions alone: what `up` needs, soonest.
    Functions,
    /// Everything that `cargo test --workspace` builds, so that a test run builds each dependency once.
    Workspace,
    /// Nothing: what is there is taken.
    Nothing,
}

/// A line of cargo's JSON messages; only artifacts are of interest.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// `<lambda_dir>/<function>/bootstrap`, made from the dev profile's binaries.
pub(crate) async fn build(what: Build) -> Result<PathBuf> {
    let lambda_dir = workspace::local().join("lambda");
    let functions = workspace::functions()?;
    if matches!(what, Build::Nothing) {
        if let Some(missing) =
            functions.iter().find(|name| !lambda_dir.join(name).join("bootstrap").is_file())
        {
            bail!("{missing} was never built: leave --no-build out once");
        }
        return Ok(lambda_dir);
    }
    let step = Step::begin("build the functions (dev profile)");
    let mut arguments = vec!["build", "--message-format=json-render-diagnostics"];
    match what {
        Build::Functions => arguments.extend(functions.iter().flat_map(|name| ["--package", name])),
        Build::Workspace | Build::Nothing => arguments.extend(["--workspace", "--bins"]),
    }
    let binaries = executables(&arguments).await?;
    for name in &functions {
        let built = binaries.iter().find(|(binary, _)| binary == name);
        let (_, built) = built.with_context(|| format!("cargo made no binary {name}"))?;
        lay_out(built, &lambda_dir.join(name))?;
    }
    step.done(&format!("{} functions", functions.len()));
    Ok(lambda_dir)
}

/// Builds, with cargo's progress shown; returns the binaries by name.
async fn executables(arguments: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let mut cargo = Group::spawn(cargo::command(arguments).stdout(Stdio::piped()))?;
    let stdout = cargo.child().stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().await? {
        let Ok(message) = serde_json::from_str::<Message>(&line) else { continue };
        if let (Some(target), Some(executable), Some(profile)) =
            (message.target, message.executable, message.profile)
            && !profile.test
            && target.kind.iter().any(|kind| kind == "bin")
        {
            found.push((target.name, executable));
        }
    }
    if !cargo.wait().await?.success() {
        bail!("the functions do not build");
    }
    Ok(found)
}

/// Copies where it differs, and so that a deploy going on beside sees the old file or the new one.
fn lay_out(binary: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let bootstrap = folder.join("bootstrap");
    let (new, old) = (std::fs::metadata(binary)?, std::fs::metadata(&bootstrap));
    let same = old.is_ok_and(|old| old.len() == new.len() && old.modified().ok() >= new.modified().ok());
    if !same {
        let temporary = folder.join(format!(".bootstrap.{}", std::process::id()));
        std::fs::copy(binary, &temporary).and_then(|_| std::fs::rename(&temporary, &bootstrap))?;
    }
    Ok(())
}
