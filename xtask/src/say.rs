//! What a person sees while something takes time. It goes to standard error; results go to standard output.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A step under way.
pub(crate) struct Step {
    name: String,
    start: Instant,
}

impl Step {
    pub(crate) fn begin(name: impl Into<String>) -> Self {
        let name = name.into();
        line(&format!("{} {name}", paint("1;36", "==>")));
        Self { name, start: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Says how long it took, and a detail where there is one.
    pub(crate) fn done(self, detail: &str) {
        let Self { name, start } = self;
        let detail = if detail.is_empty() { String::new() } else { format!(", {detail}") };
        line(&format!("    {} {name}: {}{detail}", paint("32", "done"), seconds(start.elapsed())));
    }
}

pub(crate) fn note(text: &str) {
    line(&format!("    {text}"));
}

pub(crate) fn warning(text: &str) {
    line(&format!("{} {text}", paint("1;33", "warning:")));
}

pub(crate) fn error(error: &anyhow::Error) {
    line(&format!("{} {error:#}", paint("1;31", "error:")));
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Not `eprintln!`: it panics when the terminal is gone, which is just when there is something to stop.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Colour, where standard error is a terminal and the user did not say no (<https://no-color.org>).
fn paint(code: &str, text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if !plain && std::io::stderr().is_terminal() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
