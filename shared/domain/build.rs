//! Checks `registry/types.toml` and hands it to the library as JSON: a bad registry fails the build, and no
//! function parses TOML when it starts.
#![expect(
    dead_code,
    unreachable_pub,
    reason = "the modules are the library's; the build script needs only a part of them"
)]

#[path = "src/registry/entry.rs"]
mod entry;
#[path = "src/time_of_day.rs"]
mod time_of_day;
#[path = "src/vocabulary.rs"]
mod vocabulary;

use std::{env, error::Error, fs, path::Path};

const FILE: &str = "registry/types.toml";

fn main() -> Result<(), Box<dyn Error>> {
    for path in [FILE, "src/registry/entry.rs", "src/time_of_day.rs", "src/vocabulary.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let file: entry::File = toml::from_str(&fs::read_to_string(FILE)?).map_err(|e| format!("{FILE}: {e}"))?;
    entry::check(&file.types).map_err(|e| format!("{FILE}: {e}"))?;
    for entry in &file.types {
        check_templates(entry).map_err(|e| format!("{FILE}: type {:?}: {e}", entry.key))?;
    }
    let out = Path::new(&env::var("OUT_DIR")?).join("types.json");
    fs::write(out, serde_json::to_string(&file)?)?;
    Ok(())
}

/// Whether its templates and conditions can be read.
fn check_templates(entry: &entry::NotificationType) -> Result<(), minijinja::Error> {
    let templates = minijinja::Environment::new();
    let texts = [&entry.templates.title, &entry.templates.body, &entry.collapse_key];
    for text in texts.into_iter().flatten() {
        templates.template_from_str(text)?;
    }
    for condition in entry.conditions.values() {
        templates.compile_expression(condition)?;
    }
    Ok(())
}
