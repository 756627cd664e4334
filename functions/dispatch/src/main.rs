//! Decides, stores, and hands each notification to its channels.
//!
//! Every step is idempotent: killed anywhere, the message comes back, the put finds its row, and the jobs are sent
//! again.

mod batch;
mod recipient;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_queue::Queue;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::Inbox;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::batch::{Dispatcher, work};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let dispatcher = Dispatcher {
        inbox: Inbox::new(aws.dynamodb(), required("TABLE_INBOX")?),
        dispatch: Queue::new(aws.sqs(), required("QUEUE_DISPATCH_URL")?),
        realtime: Queue::new(aws.sqs(), required("QUEUE_REALTIME_URL")?),
        clock: now,
    };
    let dispatcher = &dispatcher;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, std::convert::Infallible>(work(dispatcher, event.payload).await)
    }))
    .await
}
