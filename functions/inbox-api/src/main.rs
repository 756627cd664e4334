//! The end user's inbox: everything under `/api`.

mod app;
mod bulk;
mod change;
mod cursor;
mod list;
mod one;
mod tell;

use carillon_auth::Auth;
use carillon_realtime::Poster;
use carillon_runtime::{Aws, MainResult, init_logging, now, required};
use carillon_store::{Connections, Inbox};

use crate::app::{App, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let aws = Aws::from_env()?;
    let auth = Auth::load(aws.secrets(), required("AUTH_SECRET_ID")?, now().seconds()).await?;
    let dynamodb = aws.dynamodb();
    let connections = Connections::new(dynamodb.clone(), required("TABLE_CONNECTIONS")?);
    let app = App {
        auth,
        inbox: Inbox::new(dynamodb, required("TABLE_INBOX")?),
        poster: Poster::new(aws.connections(&required("WEBSOCKET_ENDPOINT")?), connections),
        clock: now,
    };
    lambda_http::run(router(app)).await
}
