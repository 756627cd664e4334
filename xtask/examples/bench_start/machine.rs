//! What it was measured on.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) date: String,
    /// Processes that wanted to run, on average over the last minute: the noise.
    pub(crate) load: String,
}

pub(crate) fn describe() -> Machine {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "the date of the measurement")]
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    Machine {
        cpu: model.map_or_else(|| "unknown CPU".to_owned(), |(_, model)| model.trim().to_owned()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        date,
        load: load.split(' ').next().unwrap_or_default().to_owned(),
    }
}
