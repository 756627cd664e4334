//! Python, for the local cloud and the template's checks: found, and given the packages that are pinned by hash.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::process::Group;
use crate::say::{self, Step};
use crate::workspace;

const NAMES: [&str; 7] =
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// Fails on what is too old or, as Debian packages it, cannot make virtual environments.
const PROBE: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

const NO_PYTHON: &str = "Python 3.11 or newer, with its venv module, is needed for the local cloud and was not found.\n\
  Debian 12, Ubuntu 24.04 and newer: sudo apt install python3 python3-venv\n\
  Ubuntu 22.04: sudo apt install python3.11 python3.11-venv\n\
  Fedora: sudo dnf install python3\n\
  macOS: brew install python\n\
Or name one: CARILLON_PYTHON=/path/to/python3 cargo xtask …";

/// Everything is pinned, dependencies too; older pips take the hashes only if they need not look for more.
const PIP_INSTALL: [&str; 9] = [
    "-m",
    "pip",
    "install",
    "--require-hashes",
    "--no-deps",
    "--no-compile",
    "--no-input",
    "--disable-pip-version-check",
    "--requirement",
];

/// A virtual environment under `target/local`.
pub(crate) struct Venv {
    folder: PathBuf,
    requirements: PathBuf,
}

impl Venv {
    /// What the local cloud needs.
    pub(crate) fn cloud() -> Self {
        Self { folder: workspace::local().join("venv"), requirements: workspace::infra("requirements.txt") }
    }

    /// What checks the template: much heavier, and needed for nothing else.
    pub(crate) fn checks() -> Self {
        Self {
            folder: workspace::local().join("venv-checks"),
            requirements: workspace::infra("requirements-checks.txt"),
        }
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// Makes it, where it is missing or its packages are not those of the requirements file.
    pub(crate) async fn ensure(&self) -> Result<()> {
        let requirements = std::fs::read_to_string(&self.requirements)
            .with_context(|| format!("cannot read {}", self.requirements.display()))?;
        let stamp = self.folder.join("carillon-requirements.txt");
        // Two that start side by side must not install into each other.
        let _lock = self.lock().await?;
        let installed = std::fs::read_to_string(&stamp).unwrap_or_default();
        if installed == requirements && self.works().await {
            return Ok(());
        }
        let list = self.requirements.file_name().unwrap_or_default().to_string_lossy();
        let step = Step::begin(format!("install the Python packages of {list} (only when it changed)"));
        if !self.works().await {
            let folder = self.folder.display().to_string();
            let mut make = Command::new(find().await?);
            make.args(["-m", "venv", "--clear", &folder]);
            Group::spawn(&mut make)?.succeed().await.with_context(|| format!("cannot make {folder}"))?;
        }
        let mut install = Command::new(self.python());
        install.args(PIP_INSTALL).arg(&self.requirements);
        let installed = Group::spawn(&mut install)?.succeed().await;
        installed.with_context(|| format!("pip could not install {}", self.requirements.display()))?;
        workspace::write(&stamp, &requirements)?;
        step.done("");
        Ok(())
    }

    /// Held until the file is dropped.
    async fn lock(&self) -> Result<File> {
        std::fs::create_dir_all(workspace::local())?;
        let file = File::create(self.folder.with_extension("lock"))?;
        let mut told = false;
        while let Err(error) = file.try_lock() {
            let TryLockError::WouldBlock = error else { return Err(error.into()) };
            if !told {
                say::note("waiting for another `cargo xtask` to install the Python packages");
                told = true;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(file)
    }

    async fn works(&self) -> bool {
        self.python().is_file() && probe(&self.python().to_string_lossy()).await
    }
}

/// The first Python that will do.
async fn find() -> Result<String> {
    if let Ok(named) = std::env::var("CARILLON_PYTHON") {
        if probe(&named).await {
            return Ok(named);
        }
        bail!("CARILLON_PYTHON={named} does not run, is older than 3.11, or lacks the venv module");
    }
    for name in NAMES {
        if probe(name).await {
            return Ok(name.to_owned());
        }
    }
    bail!(NO_PYTHON)
}

async fn probe(python: &str) -> bool {
    Command::new(python)
        .args(["-c", PROBE])
        .kill_on_drop(true)
        .output()
        .await
        .is_ok_and(|probe| probe.status.success())
}
