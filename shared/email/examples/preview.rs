//! A type's email from its sample, as a file to look at: `cargo xtask preview TYPE`.

mod sample;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use carillon_domain::{Category, TenantId};
use carillon_email::{Letter, Renderer};
use serde_json::{Map, Value};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// TYPE LOCALE DATA OUT; locale and data may be empty.
fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, locale, data, out] = arguments.as_slice() else {
        bail!("four arguments: type, locale, data, out")
    };
    let locale = Some(locale.as_str()).filter(|locale| !locale.is_empty());
    let (registry, types) = sample::tenant()?;
    let entry = types.get(&registry, key).map_err(|unknown| match unknown.nearest {
        Some(nearest) => anyhow::anyhow!("there is no type {key}; the nearest is {nearest}"),
        None => anyhow::anyhow!("there is no type {key}"),
    })?;
    let content = sample::content(entry, locale, read(data)?)
        .context("what the sample leaves out can be given with --data")?;
    let tenant = TenantId::parse("example")?;
    let unsubscribe =
        (entry.category == Category::Marketing).then_some("https://carillon.example.com/unsubscribe/token");
    let letter = Letter {
        tenant: &tenant,
        types: &types,
        entry: Some(entry),
        content: &content,
        id: "ntf_sample",
        account: None,
        locale,
        unsubscribe_url: unsubscribe,
    };
    let rendered = Renderer::new().render(&letter)?;
    let out = Path::new(out);
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(out, &rendered.html).with_context(|| out.display().to_string())?;
    println!(
        "subject    {}\npreheader  {}\nhtml       {}\n\n{}",
        rendered.subject,
        rendered.preheader,
        out.display(),
        rendered.text
    );
    Ok(())
}

fn read(path: &str) -> Result<Map<String, Value>> {
    if path.is_empty() {
        return Ok(Map::new());
    }
    let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    serde_json::from_str(&text).with_context(|| format!("{path} must be a JSON object: a request's data"))
}
