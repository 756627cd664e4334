//! `POST /v1/notifications`, and what a producer asks about them afterwards.
//!
//! A 202 means durable: the notification lies in the dispatch queue before it is answered.

mod app;
mod create;
mod inspect;
#[cfg(test)]
mod openapi;

use std::sync::Arc;

use carillon_auth::Auth;
use carillon_domain::Registry;
use carillon_queue::{Later, Queue, Schedules};
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::{Catalog, CatalogCache, Inbox, Ledger};

use crate::app::{App, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let auth = Auth::load(aws.secrets(), required("AUTH_SECRET_ID")?, now().seconds()).await?;
    let dynamodb = aws.dynamodb();
    let app = App {
        auth,
        catalog: CatalogCache::new(
            Catalog::new(dynamodb.clone(), required("TABLE_CATALOG")?),
            Arc::new(Registry::shipped()?),
        ),
        inbox: Inbox::new(dynamodb.clone(), required("TABLE_INBOX")?),
        ledger: Ledger::new(dynamodb, required("TABLE_LEDGER")?),
        dispatch: Later {
            queue: Queue::new(aws.sqs(), required("QUEUE_DISPATCH_URL")?),
            schedules: Schedules {
                client: aws.scheduler(),
                group: required("SCHEDULE_GROUP")?,
                role_arn: required("SCHEDULE_ROLE_ARN")?,
                queue_arn: required("QUEUE_DISPATCH_ARN")?,
                dead_letter_arn: required("QUEUE_DISPATCH_DLQ_ARN")?,
            },
        },
        clock: now,
    };
    lambda_http::run(router(app)).await
}
