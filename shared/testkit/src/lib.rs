//! Test support that stands outside the code under test.
//!
//! - [`LocalDynamo`]: DynamoDB in this process, with the tables of `infra/template.yaml`;
//!   [`DynamoTarget::from_env`] takes the deployed local cloud instead, where one is named.
//! - [`Calls`]: what a DynamoDB client did, call by call, and what it would have cost.
//! - [`Meter`]: what another process' DynamoDB calls cost.
//! - [`RuntimeApi`]: Lambda's side of the Runtime API, running a real bootstrap as a child process.
//! - [`FakeService`]: a service of AWS that answers as a test wants.
//! - [`FaultProxy`]: between a function and AWS, to count, refuse, hang, reset, or kill at an exact point.
//! - [`Recorder`]: what the local cloud noted of each function's requests: how many, what they cost, what AWS would
//!   refuse; and what they handed to the channels' senders.

mod aws;
mod calls;
mod dynamo;
mod fake_service;
mod fault_proxy;
mod lambda;
mod meter;
mod process;
mod recorder;
mod runtime_api;
mod stack;
mod template;

pub use aws::{REGION, sdk_config};
pub use calls::Calls;
pub use dynamo::{DynamoTarget, LocalDynamo, dynamodb};
pub use dynoxide::storage_backend::ManualClock;
pub use fake_service::{Asked, FakeService, Reply};
pub use fault_proxy::{Fault, FaultProxy, Seen};
pub use lambda::FunctionError;
pub use meter::{Cost, Meter};
pub use process::Killer;
pub use recorder::{Recorder, Sent, Tally, Violation};
pub use runtime_api::{Bootstrap, RuntimeApi, Timings};
pub use stack::{AuthSecret, Schedules, Stack};
pub use template::{Table, tables};

/// The workspace's root, for whoever looks for the template, the binaries or `target/local`.
#[must_use]
pub fn workspace_root() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
