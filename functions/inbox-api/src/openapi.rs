//! The routes and the document say the same.

use std::sync::Arc;

use carillon_auth::{Auth, JwksUrls, SecretDocument};
use carillon_domain::Registry;
use carillon_egress::Egress;
use carillon_openapi::drift;
use carillon_queue::{Later, Queue, Schedules};
use carillon_realtime::Poster;
use carillon_runtime::{Aws, now};
use carillon_store::{Catalog, CatalogCache, Connections, Inbox, Recipients};
use carillon_unsubscribe::KeySource;

use crate::app::{App, router};

/// Signs nothing: no token comes here.
const KEYS: &str = r#"{"issuer": "nobody", "generated": "nobody ever signs anything with these bytes"}"#;

/// With nothing behind it: no request gets so far.
fn app() -> App {
    let aws = Aws::nowhere().unwrap();
    let dynamodb = aws.dynamodb();
    let catalog = Catalog::new(dynamodb.clone(), String::new());
    let nothing = String::new;
    App {
        auth: Auth::fixed(SecretDocument::parse(KEYS, JwksUrls::HttpsOnly).unwrap()),
        recipients: Recipients::new(dynamodb.clone(), nothing()),
        types: CatalogCache::new(catalog, Arc::new(Registry::shipped().unwrap())),
        inbox: Inbox::new(dynamodb.clone(), nothing()),
        poster: Poster::new(aws.connections("http://127.0.0.1"), Connections::new(dynamodb, nothing())),
        dispatch: Later {
            queue: Queue::new(aws.sqs(), nothing()),
            schedules: Schedules {
                client: aws.scheduler(),
                group: nothing(),
                role_arn: nothing(),
                queue_arn: nothing(),
                dead_letter_arn: nothing(),
            },
        },
        push: Queue::new(aws.sqs(), nothing()),
        egress: Egress::default(),
        vapid_public_key: nothing(),
        unsubscribe: KeySource::new(aws.secrets(), nothing()),
        clock: now,
    }
}

#[tokio::test]
async fn every_route_is_documented_and_everything_documented_is_routed() {
    let tags = ["inbox", "preferences", "push", "unsubscribing", "document"];
    assert_eq!(drift(router(app()), include_str!("app.rs"), &tags).await, Vec::<String>::new());
}
