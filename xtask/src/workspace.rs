//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The repository: where cargo says it is, else where this was built.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Everything that the local run makes.
pub(crate) fn local() -> PathBuf {
    root().join("target/local")
}

/// One local cloud's own files: logs, outputs, temporary files.
pub(crate) fn run(port: u16) -> PathBuf {
    local().join(format!("run-{port}"))
}

/// A file of `infra/local/`.
pub(crate) fn infra(name: &str) -> PathBuf {
    root().join("infra/local").join(name)
}

/// The functions, each a folder, a package, a binary and a Lambda of the same name.
pub(crate) fn functions() -> Result<Vec<String>> {
    let folder = root().join("functions");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Writes a file so that a reader sees the old text or the new one, never half of one.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}
