//! JSON lines on standard output, as Lambda's JSON log format wants them. Fields carry ids, never tokens,
//! addresses, titles or bodies.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::env::optional;

/// Starts logging at the level Lambda's `ApplicationLogLevel` names, INFO without one.
pub fn init() {
    let level = optional("AWS_LAMBDA_LOG_LEVEL").and_then(|level| LevelFilter::from_str(&level).ok());
    // The runtime logs every error a handler returns as ERROR. Ours are logged where they are known for what they
    // are; a refused handshake is no error, or anyone could fill the log and set off alarms.
    let levels = Targets::new()
        .with_default(level.unwrap_or(LevelFilter::INFO))
        .with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_ansi(false);
    let subscriber = tracing_subscriber::registry().with(levels).with(lines);
    // A second call (two handlers in one test process) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
