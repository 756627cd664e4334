//! The developer's commands: `cargo xtask --help`.

mod bench;
mod cargo;
mod cli;
mod clock;
mod demo;
mod http;
mod listen;
mod local;
mod preview;
mod process;
mod say;
mod sinks;
mod stack;
mod suite;
mod token;
mod vapid;
mod workspace;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("tokio")?;
    let result = runtime.block_on(async {
        // Whatever a command started stops when its future is dropped, so one place is enough for Ctrl-C.
        tokio::select! {
            biased;
            result = run(cli) => result,
            signal = process::interrupted() => {
                say::note(&format!("{signal}: stopped"));
                Ok(ExitCode::from(130))
            }
        }
    });
    // Not to wait for a read from the terminal.
    runtime.shutdown_background();
    result
}

async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Up(options) => local::up(&options).await?,
        Command::Down(options) => local::down(&options)?,
        Command::Token(options) => token::print(&options)?,
        Command::Listen(options) => listen::run(&options).await?,
        Command::Demo(options) => demo::run(&options).await?,
        Command::Test(options) => return suite::run(&options).await,
        Command::Preview(options) => preview::run(&options).await?,
        Command::Bench(options) => return bench::run(&options).await,
        Command::Vapid => vapid::print()?,
        Command::Sinks(options) => sinks::run(&options).await?,
    }
    Ok(ExitCode::SUCCESS)
}
