//! Checks `registry/types.toml` and hands it to the library as JSON: a bad registry fails the build, and no
//! function parses TOML when it starts.
#![expect(
    dead_code,
    unreachable_pub,
    reason = "the modules are the library's; the build script needs only a part of them"
)]

#[path = "src/registry/entry.rs"]
mod entry;
#[path = "src/vocabulary.rs"]
mod vocabulary;

use std::{env, error::Error, fs, path::Path};

const FILE: &str = "registry/types.toml";

fn main() -> Result<(), Box<dyn Error>> {
    for path in [FILE, "src/registry/entry.rs", "src/vocabulary.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let file: entry::File = toml::from_str(&fs::read_to_string(FILE)?).map_err(|e| format!("{FILE}: {e}"))?;
    entry::check(&file.types).map_err(|e| format!("{FILE}: {e}"))?;
    let out = Path::new(&env::var("OUT_DIR")?).join("types.json");
    fs::write(out, serde_json::to_string(&file)?)?;
    Ok(())
}
