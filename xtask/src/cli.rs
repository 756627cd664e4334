//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::suite::StepName;

/// Carillon's developer commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all of Carillon on this machine, until Ctrl-C.
    Up(Up),
    /// Stop what `up --detach` left running.
    Down(Down),
    /// Print a token for the running stack, alone on the last line.
    Token(Token),
    /// Open a WebSocket as a user: prints what arrives, sends the lines you type.
    Listen(Listen),
    /// Follow one notification from the post to a read on another device, with times.
    Demo(Demo),
    /// All checks and tests, as CI runs them.
    Test(Test),
    /// Write the email of a type's own sample to a file, as HTML.
    Preview(Preview),
    /// Measure.
    Bench(Bench),
    /// Print a new key pair for Web Push (VAPID), for a deployment on AWS.
    Vapid,
    /// What `up` starts: stand-ins for services outside AWS.
    #[command(hide = true)]
    Sinks(Sinks),
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Up {
    /// The port to listen on, on 127.0.0.1. Without it, a free one.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Return when all is ready, and leave it running.
    #[arg(long)]
    pub(crate) detach: bool,
    /// Deploy the functions as they were built last.
    #[arg(long)]
    pub(crate) no_build: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// The stack on this port. Without it, the one that CARILLON_STACK names, else the latest.
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The tenant that the token speaks for.
    #[arg(long)]
    pub(crate) tenant: String,
    /// The end user; with --scope, the producer's name.
    #[arg(long, required_unless_present = "scope")]
    pub(crate) user: Option<String>,
    /// Makes it a producer's token: `notifications:send`, `notifications:admin`. Repeatable.
    #[arg(long)]
    pub(crate) scope: Vec<String>,
    /// Limits an end user's token to one account.
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Seconds until it expires.
    #[arg(long, default_value_t = crate::token::TTL)]
    pub(crate) ttl: i64,
    /// The stack on this port. Without it, the one that CARILLON_STACK names, else the latest.
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Whose socket.
    #[arg(long, default_value = "alice")]
    pub(crate) user: String,
    /// The user's tenant.
    #[arg(long, default_value = "acme")]
    pub(crate) tenant: String,
    /// The stack on this port. Without it, the one that CARILLON_STACK names, else the latest.
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The port to listen on. Without it, a free one.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Deploy the functions as they were built last.
    #[arg(long)]
    pub(crate) no_build: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Only these steps (what they need to run comes with them).
    #[arg(long, value_enum, num_args = 1.., value_delimiter = ',')]
    pub(crate) only: Vec<StepName>,
    /// Not these steps.
    #[arg(long, value_enum, num_args = 1.., value_delimiter = ',')]
    pub(crate) skip: Vec<StepName>,
    /// Stop at the first step that fails.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// The port of the local cloud. Without it, a free one.
    #[arg(long)]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// The type's key, such as `booking_confirmed`.
    #[arg(value_name = "TYPE")]
    pub(crate) key: String,
    /// The recipient's language, such as `de-CH`.
    #[arg(long)]
    pub(crate) locale: Option<String>,
    /// A file with a JSON object: `data` of the request, laid over the sample's.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Where to write. Without it, `target/preview/TYPE.html`.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sinks {
    /// Where to listen, on 127.0.0.1.
    #[arg(long)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub(crate) what: BenchWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchWhat {
    /// Each function's cold start: init, first and second event, memory, sizes. Builds for release first.
    Start(BenchStart),
    /// Decisions per second and core.
    Decide,
    /// Emails per second and core, rendered and sent by an SES that takes 50 ms, and memory with 10,000 queued.
    Email(BenchSend),
    /// SMS per second and core by an SNS that takes 50 ms, and memory with 10,000 queued.
    Sms(BenchSend),
    /// The inbox's routes at 100, 1,000 and 10,000 notifications, with 1 and 8 clients.
    Inbox(BenchInbox),
    /// Pushes per second and core to 1, 100 and 10,000 devices, by an FCM that takes 50 ms.
    Push(BenchPush),
}

#[derive(Debug, Args)]
pub(crate) struct BenchInbox {
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// Measure the binary of `target/release` as it is.
    #[arg(long)]
    pub(crate) no_build: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchPush {
    /// Runs; median, least and most are shown.
    #[arg(long, default_value_t = 5)]
    pub(crate) runs: u32,
    /// Measure the binary of `target/release` as it is.
    #[arg(long)]
    pub(crate) no_build: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchSend {
    /// Runs of 10,000 recipients.
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: u32,
    /// Measure the binary of `target/release` as it is.
    #[arg(long)]
    pub(crate) no_build: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchStart {
    /// Runs of each function; the median is shown.
    #[arg(long, default_value_t = 20)]
    pub(crate) runs: u32,
    /// Measure the binaries of `target/release` as they are.
    #[arg(long)]
    pub(crate) no_build: bool,
    /// Only these functions. Repeatable.
    #[arg(long)]
    pub(crate) function: Vec<String>,
}
