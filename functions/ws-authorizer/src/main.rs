//! Decides whether a WebSocket may be opened: verifies the token in the query, and hands its claims to every later
//! event of the connection.

mod authorize;

use aws_lambda_events::event::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use carillon_auth::Auth;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let auth = Auth::load(aws.secrets(), required("AUTH_SECRET_ID")?, now().seconds()).await?;
    let auth = &auth;
    lambda_runtime::run(service_fn(
        async |event: LambdaEvent<ApiGatewayCustomAuthorizerRequestTypeRequest>| {
            authorize::authorize(auth, &event.payload, now()).await
        },
    ))
    .await
}
