//! The log of a local cloud, made readable.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

/// Fields that a line shows in its own way, or that say nothing on one machine.
const HIDDEN: [&str; 6] = ["timestamp", "level", "message", "requestId", "xray_trace_id", "span"];

/// The last lines of a file, as they are; empty where there is none.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let text = std::fs::read(path).map(|raw| String::from_utf8_lossy(&raw).into_owned()).unwrap_or_default();
    let all: Vec<_> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

/// Prints what functions write from now on, for ever.
pub(crate) async fn follow(path: &Path) -> Result<()> {
    let mut file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    file.seek(SeekFrom::End(0))?;
    let mut pending = Vec::new();
    loop {
        file.read_to_end(&mut pending)?;
        while let Some(end) = pending.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            if let Some(text) = readable(String::from_utf8_lossy(&line).trim_end()) {
                writeln!(std::io::stdout(), "{text}")?;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The launcher writes `lambda|<function>|<line>`. Other lines are the local cloud's own.
fn readable(line: &str) -> Option<String> {
    let (function, line) = line.strip_prefix("lambda|")?.split_once('|')?;
    let Ok(Value::Object(event)) = serde_json::from_str(line) else {
        return Some(format!("{:23}  {function:14} {line}", ""));
    };
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    // `2026-01-31T12:00:00.123456Z`: the date is today's.
    let time: String = text("timestamp").chars().skip(11).take(12).collect();
    Some(format!("{time:12} {:5} {function:14} {}{}", text("level"), text("message"), fields(&event)))
}

fn fields(event: &Map<String, Value>) -> String {
    let shown = event.iter().filter(|(name, _)| !HIDDEN.contains(&name.as_str()));
    let shown = shown.map(|(name, value)| match value {
        Value::String(text) if !text.contains(' ') => format!(" {name}={text}"),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            format!(" {name}={value}")
        }
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_line_is_readable() {
        let line = r#"lambda|ingest|{"timestamp":"2026-01-31T12:00:00.123456Z","level":"INFO","message":"accepted","recipients":2,"type":"chat_message"}"#;
        assert_eq!(
            readable(line).as_deref(),
            Some("12:00:00.123 INFO  ingest         accepted recipients=2 type=chat_message")
        );
    }

    #[test]
    fn what_is_no_json_is_shown_as_it_is() {
        let line = readable("lambda|dispatch|thread 'main' panicked").unwrap_or_default();
        assert!(line.ends_with("dispatch       thread 'main' panicked"), "{line}");
    }

    #[test]
    fn the_local_clouds_own_lines_are_not_shown() {
        assert_eq!(readable("2026-01-31 12:00:00 INFO ministack ready"), None);
    }
}
