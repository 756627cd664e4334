//! `$connect`: adds the connection's row, keeps users within their number of connections, and sees to it that the
//! socket ends with its token.

mod connect;

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequest;
use carillon_queue::Queue;
use carillon_realtime::Poster;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::Connections;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::connect::{App, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let connections = Connections::new(aws.dynamodb(), required("TABLE_CONNECTIONS")?);
    let app = App {
        poster: Poster::new(aws.connections(&required("WEBSOCKET_ENDPOINT")?), connections),
        realtime: Queue::new(aws.sqs(), required("QUEUE_REALTIME_URL")?),
        clock: now,
    };
    let app = &app;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
        Ok::<_, std::convert::Infallible>(connect(app, &event.payload.request_context).await)
    }))
    .await
}
