//! The end user's inbox: everything under `/api`, and the page that links in emails lead to.

mod all;
mod app;
mod bulk;
mod change;
mod cursor;
mod document;
mod list;
mod one;
#[cfg(test)]
mod openapi;
mod preferences;
mod push;
mod query;
mod settings;
mod snooze;
mod subscriptions;
mod tell;
mod topics;
mod unsubscribe;
mod whole;

use std::sync::Arc;

use carillon_auth::Auth;
use carillon_domain::Registry;
use carillon_egress::Egress;
use carillon_queue::{Later, Queue, Schedules};
use carillon_realtime::Poster;
use carillon_runtime::{Aws, MainResult, init_logging, now, optional, required};
use carillon_store::{Catalog, CatalogCache, Connections, Inbox, Recipients};
use carillon_unsubscribe::KeySource;

use crate::app::{App, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let auth = Auth::load(aws.secrets(), required("AUTH_SECRET_ID")?, now().seconds()).await?;
    let dynamodb = aws.dynamodb();
    let connections = Connections::new(dynamodb.clone(), required("TABLE_CONNECTIONS")?);
    let catalog = Catalog::new(dynamodb.clone(), required("TABLE_CATALOG")?);
    let app = App {
        auth,
        recipients: Recipients::new(dynamodb.clone(), required("TABLE_RECIPIENTS")?),
        types: CatalogCache::new(catalog, Arc::new(Registry::shipped()?)),
        inbox: Inbox::new(dynamodb, required("TABLE_INBOX")?),
        poster: Poster::new(aws.connections(&required("WEBSOCKET_ENDPOINT")?), connections),
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
        push: Queue::new(aws.sqs(), required("QUEUE_PUSH_URL")?),
        egress: Egress::from_env()?,
        vapid_public_key: optional("VAPID_PUBLIC_KEY").unwrap_or_default(),
        unsubscribe: KeySource::new(aws.secrets(), required("UNSUBSCRIBE_SECRET_ID")?),
        clock: now,
    };
    lambda_http::run(router(app)).await
}
