//! The result, for programs.

use anyhow::{Context as _, Result};
use serde::Serialize;

/// All of it, in `target/bench/NAME.json`.
pub(crate) fn write(name: &str, report: &impl Serialize) -> Result<()> {
    let folder = carillon_testkit::workspace_root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.json"));
    std::fs::write(&path, serde_json::to_string_pretty(report)? + "\n")
        .with_context(|| path.display().to_string())
}
