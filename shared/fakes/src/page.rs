//! The log for a person.

use std::fmt::Write as _;

use serde_json::Value;

use crate::log::{Log, Seen};

const SHOWN: usize = 100;
const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"refresh\" content=\"5\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>What left Carillon</title>
<style>
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0 1.25rem; padding: .75rem; \
background: color-mix(in srgb, currentColor 7%, transparent) }
h2 { font-size: 1rem; margin: 0 }
</style>
</head>
<body>
<h1>What left Carillon</h1>
<p>The latest first; <a href=\"/requests\">all of it as JSON</a>. Nothing of this left this machine.</p>
";

pub(crate) fn page(log: &Log) -> String {
    let mut page = HEAD.to_owned();
    for seen in log.latest(SHOWN) {
        let Seen { n, sink, method, path, status, fault, .. } = seen;
        let outcome = match (status, fault) {
            (Some(status), _) => status.to_string(),
            (None, Some(fault)) => format!("{fault:?}"),
            (None, None) => String::new(),
        };
        let title = escape(&format!("{n} · {} · {method} {path} → {outcome}", sink.name()));
        // Writing to a String does not fail.
        let _ = write!(page, "<h2>{title}</h2>\n<pre>{}</pre>\n", escape(&body(seen)));
    }
    page + "</body>\n</html>\n"
}

fn body(seen: &Seen) -> String {
    match seen.json() {
        Value::Null => seen.body.clone(),
        json
        @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            serde_json::to_string_pretty(&json).unwrap_or_default()
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
