//! What became of emails: SES's events, as the configuration set's topic hands them on.
//!
//! Each moves its delivery on and, where the address is not to be used again, suppresses it. `event` is what SES writes,
//! `report` what it means to us (no I/O), `hear` does it.

mod event;
mod hear;
mod report;
#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod tests;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::{Inbox, Suppressions};
use lambda_runtime::{LambdaEvent, service_fn};

use crate::hear::{Listener, work};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let listener = Listener {
        inbox: Inbox::new(aws.dynamodb(), required("TABLE_INBOX")?),
        suppressions: Suppressions::new(aws.dynamodb(), required("TABLE_CATALOG")?),
        clock: now,
    };
    let listener = &listener;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, std::convert::Infallible>(work(listener, event.payload).await)
    }))
    .await
}
