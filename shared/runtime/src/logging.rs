//! JSON lines on standard output, as Lambda's JSON log format wants them. Fields carry ids, never tokens,
//! addresses, titles or bodies.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;

use crate::env::optional;

/// Starts logging at the level Lambda's `ApplicationLogLevel` names, INFO without one.
pub fn init() {
    let level = optional("AWS_LAMBDA_LOG_LEVEL").and_then(|level| LevelFilter::from_str(&level).ok());
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_ansi(false)
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .finish();
    // A second call (two handlers in one test process) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
