//! Types, settings, recipients and push past the inbox: what an administrator of a tenant does under `/v1`.

mod app;
mod direct;
mod erase;
mod export;
mod layout;
#[cfg(test)]
mod openapi;
mod preview;
mod recipients;
mod settings;
mod suppressions;
mod topics;
mod types;
mod versions;

use carillon_auth::Auth;
use carillon_domain::Registry;
use carillon_email::{Domains, Renderer};
use carillon_queue::Queue;
use carillon_realtime::Poster;
use carillon_runtime::{Aws, MainResult, init_logging, now, optional, required};
use carillon_store::{Catalog, Connections, Inbox, Ledger, Recipients, Suppressions};

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
        registry: Registry::shipped()?,
        catalog: Catalog::new(dynamodb.clone(), required("TABLE_CATALOG")?),
        recipients: Recipients::new(dynamodb.clone(), required("TABLE_RECIPIENTS")?),
        inbox: Inbox::new(dynamodb.clone(), required("TABLE_INBOX")?),
        ledger: Ledger::new(dynamodb.clone(), required("TABLE_LEDGER")?),
        suppressions: Suppressions::new(dynamodb, required("TABLE_CATALOG")?),
        poster: Poster::new(aws.connections(&required("WEBSOCKET_ENDPOINT")?), connections),
        push: Queue::new(aws.sqs(), required("QUEUE_PUSH_URL")?),
        emails: Renderer::new(),
        email_from: optional("EMAIL_FROM").unwrap_or_default(),
        domains: Domains::parse(&optional("EMAIL_DOMAINS").unwrap_or_default())?,
        clock: now,
    };
    lambda_http::run(router(app)).await
}
