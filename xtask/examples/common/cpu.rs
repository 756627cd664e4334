//! What a process has used of the processor, from `/proc`.

use anyhow::{Context as _, Result};

/// Of utime and stime in /proc (proc(5)): 100 wherever Linux runs Lambda.
const TICKS_PER_SECOND: f64 = 100.0;

/// Of all threads that are and were, user and system.
pub(crate) fn seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("needs Linux's /proc")?;
    // The name before it is in parentheses and may have spaces. Then come the state, and utime and stime as 12th and 13th.
    let fields: Vec<&str> = stat.rsplit_once(')').context("no stat")?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    Ok((ticks(11).context("no utime")? + ticks(12).context("no stime")?) / TICKS_PER_SECOND)
}
