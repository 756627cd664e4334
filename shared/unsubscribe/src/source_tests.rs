//! Against a Secrets Manager with one secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use axum::Router;
use carillon_domain::{TenantId, UserId};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::*;

const NOW: Millis = Millis(1_767_225_600_000);
const OLD: &str = "the key of last year, 32 bytes or more";
const NEW: &str = "the key of this year, 32 bytes or more";

struct Secret {
    source: KeySource,
    says: Arc<RwLock<Value>>,
    asked: Arc<AtomicUsize>,
}

fn secret(key: &str, previous: Option<&str>) -> Value {
    let text = json!({"key": key, "previous": previous}).to_string();
    json!({"Name": "unsubscribe", "SecretString": text})
}

impl Secret {
    async fn new() -> Self {
        let says = Arc::new(RwLock::new(secret(OLD, None)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::clone(&says), Arc::clone(&asked));
        let router = Router::new().fallback(async move || {
            count.fetch_add(1, Ordering::Relaxed);
            let body = answer.read().await.to_string();
            ([("content-type", "application/x-amz-json-1.1")], body)
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("id", "key", None, None, "test"))
            .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let source = KeySource::new(Client::from_conf(config), String::from("unsubscribe"));
        Self { source, says, asked }
    }

    async fn says(&self, answer: Value) {
        *self.says.write().await = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    async fn good(&self, token: &str, seconds: i64) -> bool {
        self.source.verify(token, NOW.plus_seconds(seconds)).await.unwrap().is_ok()
    }
}

fn link(key: &str) -> String {
    let keys = Keys::read(&json!({"key": key}).to_string()).unwrap();
    let (tenant, user) = (TenantId::parse("acme").unwrap(), UserId::parse("alice").unwrap());
    keys.sign(&tenant, &user, "promotions", NOW).unwrap()
}

#[tokio::test]
async fn it_is_read_with_the_first_link_and_every_five_minutes() {
    let secret = Secret::new().await;
    for (seconds, asked) in [(0, 1), (299, 1), (300, 2), (599, 2), (600, 3)] {
        assert!(secret.good(&link(OLD), seconds).await);
        assert_eq!(secret.asked(), asked, "{seconds} s");
    }
}

#[tokio::test]
async fn a_new_key_is_known_with_its_first_link_and_forged_ones_ask_twice_a_minute_at_most() {
    let server = Secret::new().await;
    assert!(server.good(&link(OLD), 0).await);
    server.says(secret(NEW, Some(OLD))).await;
    assert!(!server.good(&link(NEW), 29).await);
    assert!(server.good(&link(NEW), 30).await, "it is read again for this one");
    assert!(server.good(&link(OLD), 30).await);
    for _ in 0..20 {
        assert!(!server.good("forged", 59).await);
    }
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn old_keys_hold_while_the_secret_cannot_be_read_and_without_any_there_is_an_error() {
    let server = Secret::new().await;
    assert!(server.good(&link(OLD), 0).await);
    server.says(json!({"Name": "unsubscribe", "SecretString": "no JSON"})).await;
    for (seconds, asked) in [(300, 2), (329, 2), (330, 3), (10_000, 4)] {
        assert!(server.good(&link(OLD), seconds).await);
        assert_eq!(server.asked(), asked, "{seconds} s");
    }
    let new = Secret::new().await;
    new.says(json!({"Name": "unsubscribe", "SecretString": "no JSON"})).await;
    assert!(matches!(new.source.keys(NOW).await, Err(KeysError::Form)));
}
