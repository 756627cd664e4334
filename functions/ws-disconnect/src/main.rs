//! `$disconnect`: removes the connection it names and no other. API Gateway tries to call it once; where it does
//! not, the next post finds the connection gone, or its row's TTL does.

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequest;
use carillon_realtime::caller;
use carillon_runtime::{Aws, MainResult, init_logging, required};
use carillon_store::{Connections, StoreError};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let connections = Connections::new(aws.dynamodb(), required("TABLE_CONNECTIONS")?);
    let connections = &connections;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
        disconnect(connections, event.payload).await.map_err(|error| {
            tracing::error!(code = error.code(), %error, "a connection's row stays until its TTL");
            error.code()
        })
    }))
    .await
}

async fn disconnect(
    connections: &Connections,
    event: ApiGatewayWebsocketProxyRequest,
) -> Result<Value, StoreError> {
    let Some(caller) = caller(&event.request_context) else { return Ok(json!({"statusCode": 403})) };
    connections.delete(&caller.context.tenant, &caller.context.user, &caller.connection).await?;
    tracing::info!(connection_id = %caller.connection, "disconnected");
    Ok(json!({"statusCode": 200}))
}
