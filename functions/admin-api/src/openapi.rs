//! The routes and the document say the same.

use carillon_auth::{Auth, JwksUrls, SecretDocument};
use carillon_domain::Registry;
use carillon_email::{Domains, Renderer};
use carillon_openapi::drift;
use carillon_queue::Queue;
use carillon_realtime::Poster;
use carillon_runtime::{Aws, now};
use carillon_store::{Catalog, Connections, Inbox, Ledger, Recipients, Suppressions};

use crate::app::{App, router};

/// Signs nothing: no token comes here.
const KEYS: &str = r#"{"issuer": "nobody", "generated": "nobody ever signs anything with these bytes"}"#;

/// With nothing behind it: no request gets so far.
fn app() -> App {
    let aws = Aws::nowhere().unwrap();
    let dynamodb = aws.dynamodb();
    let nothing = String::new;
    App {
        auth: Auth::fixed(SecretDocument::parse(KEYS, JwksUrls::HttpsOnly).unwrap()),
        registry: Registry::shipped().unwrap(),
        catalog: Catalog::new(dynamodb.clone(), nothing()),
        recipients: Recipients::new(dynamodb.clone(), nothing()),
        inbox: Inbox::new(dynamodb.clone(), nothing()),
        ledger: Ledger::new(dynamodb.clone(), nothing()),
        suppressions: Suppressions::new(dynamodb.clone(), nothing()),
        poster: Poster::new(aws.connections("http://127.0.0.1"), Connections::new(dynamodb, nothing())),
        push: Queue::new(aws.sqs(), nothing()),
        emails: Renderer::new(),
        email_from: nothing(),
        domains: Domains::parse("").unwrap(),
        clock: now,
    }
}

#[tokio::test]
async fn every_route_is_documented_and_everything_documented_is_routed() {
    let tags = ["administering"];
    assert_eq!(drift(router(app()), include_str!("app.rs"), &tags).await, Vec::<String>::new());
}
