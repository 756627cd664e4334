//! Posts new notifications to live WebSocket connections, and ends connections whose token has ended.

mod batch;
mod close;
mod forward;
mod post;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_queue::Queue;
use carillon_realtime::Poster;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::{Connections, Inbox};
use lambda_runtime::{LambdaEvent, service_fn};

use crate::batch::{Sender, work};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let dynamodb = aws.dynamodb();
    let connections = Connections::new(dynamodb.clone(), required("TABLE_CONNECTIONS")?);
    let sender = Sender {
        inbox: Inbox::new(dynamodb, required("TABLE_INBOX")?),
        poster: Poster::new(aws.connections(&required("WEBSOCKET_ENDPOINT")?), connections),
        realtime: Queue::new(aws.sqs(), required("QUEUE_REALTIME_URL")?),
        push: Queue::new(aws.sqs(), required("QUEUE_PUSH_URL")?),
        clock: now,
    };
    let sender = &sender;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, std::convert::Infallible>(work(sender, event.payload).await)
    }))
    .await
}
