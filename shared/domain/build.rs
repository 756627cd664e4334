//! Checks `registry/types.toml` and hands it to the library as JSON: a bad registry fails the build, and no
//! function parses TOML when it starts.
#![expect(
    dead_code,
    unreachable_pub,
    reason = "the modules are the library's; the build script needs only a part of them"
)]

#[path = "src/locale.rs"]
mod locale;
mod registry {
    #[path = "../src/registry/entry.rs"]
    pub(crate) mod entry;
    #[path = "../src/registry/templates.rs"]
    pub(crate) mod templates;
}
#[path = "src/time_of_day.rs"]
mod time_of_day;
#[path = "src/vocabulary.rs"]
mod vocabulary;

use std::{env, error::Error, fs, path::Path};

const FILE: &str = "registry/types.toml";

fn main() -> Result<(), Box<dyn Error>> {
    for path in [FILE, "src/registry", "src/locale.rs", "src/time_of_day.rs", "src/vocabulary.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let file: registry::entry::File =
        toml::from_str(&fs::read_to_string(FILE)?).map_err(|e| format!("{FILE}: {e}"))?;
    registry::entry::check(&file.types).map_err(|e| format!("{FILE}: {e}"))?;
    for entry in &file.types {
        check_templates(entry).map_err(|e| format!("{FILE}: type {:?}: {e}", entry.key))?;
    }
    let out = Path::new(&env::var("OUT_DIR")?).join("types.json");
    fs::write(out, serde_json::to_string(&file)?)?;
    Ok(())
}

/// Whether its templates and conditions can be read.
fn check_templates(entry: &registry::entry::NotificationType) -> Result<(), minijinja::Error> {
    let templates = minijinja::Environment::new();
    let texts = entry.templates.all().map(|(_, _, _, text)| text);
    for text in texts.chain(entry.collapse_key.as_deref()) {
        templates.template_from_str(text)?;
    }
    for condition in entry.conditions.values() {
        templates.compile_expression(condition)?;
    }
    Ok(())
}
