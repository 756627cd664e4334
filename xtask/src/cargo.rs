//! Cargo, called from within `cargo xtask`.

use anyhow::Result;
use tokio::process::Command;

use crate::process::Group;
use crate::workspace;

/// Variables that `cargo run` sets for this program. Build scripts that watch them (ring's does) would rebuild
/// whenever cargo is called from here instead of from a shell.
const OURS: [&str; 5] =
    ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR"];

/// `cargo …`, of the toolchain that runs us.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OURS.contains(&&*text) || text.starts_with("CARGO_PKG_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it with its output shown.
pub(crate) async fn run(arguments: &[&str]) -> Result<()> {
    Group::spawn(&mut command(arguments))?.succeed().await
}
