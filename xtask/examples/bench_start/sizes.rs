//! How large a function is, and how large its deployment package.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// In megabytes of a million bytes.
pub(crate) struct Sizes {
    pub(crate) binary: f64,
    pub(crate) zip: f64,
}

/// Python's zlib at level 9, as packaging tools use. A crate for it would be built for nothing else.
const ZIP: &str = "import sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as z: z.write(sys.argv[1], 'bootstrap')";

pub(crate) fn of(binary: &Path) -> Result<Sizes> {
    let zip = std::env::temp_dir().join(format!("carillon-bench-{}.zip", std::process::id()));
    let status =
        Command::new("python3").args(["-c", ZIP]).args([binary, &zip]).status().context("python3")?;
    ensure!(status.success(), "python3 could not zip {}", binary.display());
    let sizes = Sizes { binary: megabytes(binary)?, zip: megabytes(&zip)? };
    std::fs::remove_file(zip)?;
    Ok(sizes)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(file: &Path) -> Result<f64> {
    Ok(std::fs::metadata(file)?.len() as f64 / 1e6)
}
