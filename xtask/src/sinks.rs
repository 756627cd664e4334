//! `cargo xtask sinks`: the stand-ins for what lies outside AWS, as a process of the local run.

use anyhow::Result;
use carillon_fakes::Sinks;

use crate::cli;

pub(crate) async fn run(options: &cli::Sinks) -> Result<()> {
    Sinks::start_on(options.port).await?.ended().await
}
