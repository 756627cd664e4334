//! `$default`: every frame a client sends. The answer is the response's body, which API Gateway sends to the client
//! (the route has a route response), so most actions cost no call of their own.

mod act;
mod action;
mod answer;
mod change;
mod parse;
mod resync;
mod rooms;

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequest;
use carillon_realtime::Poster;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::{Connections, Inbox};
use lambda_runtime::{LambdaEvent, service_fn};

use crate::answer::{App, answer};
use crate::resync::Budget;

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let dynamodb = aws.dynamodb();
    let connections = Connections::new(dynamodb.clone(), required("TABLE_CONNECTIONS")?);
    let app = App {
        inbox: Inbox::new(dynamodb, required("TABLE_INBOX")?),
        poster: Poster::new(aws.connections(&required("WEBSOCKET_ENDPOINT")?), connections),
        clock: now,
        budget: Budget::default(),
    };
    let app = &app;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
        Ok::<_, std::convert::Infallible>(Box::pin(answer(app, &event.payload)).await)
    }))
    .await
}
