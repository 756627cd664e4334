//! `cargo xtask preview TYPE`: rendered by an example of carillon-email, so that `xtask` itself needs no template engine.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cli;
use crate::process::Group;
use crate::{cargo, workspace};

pub(crate) async fn run(options: &cli::Preview) -> Result<()> {
    // Cargo runs it in the workspace's folder, wherever this was called.
    let whole = |path: &Path| std::path::absolute(path).with_context(|| path.display().to_string());
    let out = match &options.out {
        Some(out) => whole(out)?,
        None => workspace::root().join("target/preview").join(format!("{}.html", options.key)),
    };
    let data = options.data.as_deref().map(whole).transpose()?.unwrap_or_default();
    let mut command =
        cargo::command(&["run", "--quiet", "--package", "carillon-email", "--example", "preview", "--"]);
    command.arg(&options.key).arg(options.locale.as_deref().unwrap_or_default()).arg(data).arg(out);
    Group::spawn(&mut command)?.succeed().await
}
