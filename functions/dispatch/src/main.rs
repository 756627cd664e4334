//! Decides, stores, and hands each notification to its channels.
//!
//! Every step is idempotent: killed anywhere, the message comes back, what was counted is not counted again, the put
//! finds its row, and the jobs are sent again.

mod again;
mod batch;
mod first;
mod outgoing;
mod wake;
mod work;

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_domain::Registry;
use carillon_queue::{Later, Queue, Schedules};
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::{Catalog, CatalogCache, Inbox, Ledger, Recipients};
use lambda_runtime::{LambdaEvent, service_fn};

use crate::batch::work;
use crate::work::{Dispatcher, Queues};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let dynamodb = aws.dynamodb();
    let queue =
        |url: &'static str| Ok::<_, carillon_runtime::ConfigError>(Queue::new(aws.sqs(), required(url)?));
    let dispatcher = Dispatcher {
        inbox: Inbox::new(dynamodb.clone(), required("TABLE_INBOX")?),
        recipients: Recipients::new(dynamodb.clone(), required("TABLE_RECIPIENTS")?),
        ledger: Ledger::new(dynamodb.clone(), required("TABLE_LEDGER")?),
        catalog: CatalogCache::new(
            Catalog::new(dynamodb, required("TABLE_CATALOG")?),
            Arc::new(Registry::shipped()?),
        ),
        dispatch: Later {
            queue: queue("QUEUE_DISPATCH_URL")?,
            schedules: Schedules {
                client: aws.scheduler(),
                group: required("SCHEDULE_GROUP")?,
                role_arn: required("SCHEDULE_ROLE_ARN")?,
                queue_arn: required("QUEUE_DISPATCH_ARN")?,
                dead_letter_arn: required("QUEUE_DISPATCH_DLQ_ARN")?,
            },
        },
        realtime: queue("QUEUE_REALTIME_URL")?,
        queues: Queues {
            push: queue("QUEUE_PUSH_URL")?,
            email: queue("QUEUE_EMAIL_URL")?,
            sms: queue("QUEUE_SMS_URL")?,
            webhook: queue("QUEUE_WEBHOOK_URL")?,
        },
        clock: now,
    };
    let dispatcher = &dispatcher;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, std::convert::Infallible>(work(dispatcher, event.payload).await)
    }))
    .await
}
