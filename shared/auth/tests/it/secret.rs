//! The document in Secrets Manager: read at start, kept fresh, kept when it cannot be read.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use axum::http::StatusCode;
use carillon_auth::{Audience, Auth, AuthError, DocumentError, JwksUrls, LoadError};
use jsonwebtoken::Algorithm::{EdDSA, HS256};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use crate::support::*;

fn client(server: &Server) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .endpoint_url(&server.url)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// What GetSecretValue answers.
fn secret(document: &Value) -> Value {
    json!({"Name": "auth", "SecretString": document.to_string()})
}

fn with_hmac(kids: &[&str]) -> Value {
    let key = |kid: &&str| {
        use base64::Engine as _;
        let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(SECRET);
        json!({"kid": kid, "alg": "HS256", "secret": secret, "tenants": ["*"]})
    };
    secret(&json!({"issuer": ISSUER, "keys": kids.iter().map(key).collect::<Vec<_>>()}))
}

fn by(kid: &str) -> String {
    sign(HS256, Some(kid), &EncodingKey::from_secret(SECRET), &claims_with(json!({"exp": NOW + 86_400})))
}

async fn outcome(auth: &Auth, token: &str, now: i64) -> Result<(), AuthError> {
    auth.verify(token, Audience::Inbox, now).await.map(drop)
}

#[tokio::test]
async fn it_is_read_at_start_and_every_five_minutes() {
    let server = Server::start(with_hmac(&["a"])).await;
    let auth = Auth::load(client(&server), "auth", NOW).await.unwrap();
    for (now, requests) in [(0, 1), (299, 1), (300, 2), (599, 2), (600, 3)] {
        assert_eq!(outcome(&auth, &by("a"), NOW + now).await, Ok(()));
        assert_eq!(server.requests(), requests, "{now} s");
    }
    server.answer(StatusCode::OK, with_hmac(&["b"]).to_string()).await;
    assert_eq!(outcome(&auth, &by("a"), NOW + 899).await, Ok(()));
    assert_eq!(outcome(&auth, &by("a"), NOW + 900).await, Err(AuthError::UnknownKey), "withdrawn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_kid_is_picked_up_with_one_read_and_at_most_every_ten_seconds() {
    let server = Server::start(with_hmac(&["a"])).await;
    let auth = Arc::new(Auth::load(client(&server), "auth", NOW).await.unwrap());
    server.answer(StatusCode::OK, with_hmac(&["a", "b"]).to_string()).await;
    assert_eq!(outcome(&auth, &by("b"), NOW + 9).await, Err(AuthError::UnknownKey));
    assert_eq!(server.requests(), 1);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let auth = Arc::clone(&auth);
            tokio::spawn(async move { outcome(&auth, &by("b"), NOW + 10).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(server.requests(), 2);
    for (now, requests) in [(11, 2), (19, 2), (20, 3)] {
        assert_eq!(outcome(&auth, &by("nobody"), NOW + now).await, Err(AuthError::UnknownKey));
        assert_eq!(server.requests(), requests, "{now} s");
    }
}

#[tokio::test]
async fn keys_stay_while_it_cannot_be_read_or_is_refused() {
    let server = Server::start(with_hmac(&["a"])).await;
    let auth = Auth::load(client(&server), "auth", NOW).await.unwrap();
    let refused = secret(&json!({"issuer": ISSUER, "keys": []})).to_string();
    for (start, (status, body)) in [
        (300, (StatusCode::INTERNAL_SERVER_ERROR, String::from("{}"))),
        (320, (StatusCode::BAD_REQUEST, json!({"__type": "AccessDeniedException"}).to_string())),
        (340, (StatusCode::OK, refused)),
        (360, (StatusCode::OK, String::from("no json"))),
    ] {
        let before = server.requests();
        server.answer(status, body).await;
        assert_eq!(outcome(&auth, &by("a"), NOW + start).await, Ok(()), "{status}");
        assert_eq!(server.requests(), before + 1);
        let unknown = outcome(&auth, &by("b"), NOW + start + 1).await;
        assert_eq!(unknown, Err(AuthError::KeysUnavailable), "it may be a new key");
        assert_eq!(server.requests(), before + 1, "the next try waits");
    }
    server.answer(StatusCode::OK, with_hmac(&["b"]).to_string()).await;
    assert_eq!(outcome(&auth, &by("b"), NOW + 380).await, Ok(()));
}

#[tokio::test]
async fn reading_it_again_keeps_what_was_fetched() {
    let jwks = Server::start(json!({"keys": [jwk("ed", EdDSA, Signer::Good)]})).await;
    let source = json!({"alg": "EdDSA", "jwks_url": jwks.url, "tenants": ["acme"]});
    let document = json!({"issuer": ISSUER, "generated": GENERATED, "keys": [source]});
    let server = Server::start(secret(&document)).await;
    let auth = Auth::load_with(client(&server), "auth", JwksUrls::HttpsOrLoopback, NOW).await.unwrap();
    let token = sign(EdDSA, Some("ed"), &private(EdDSA, Signer::Good), &claims());
    for now in [NOW, NOW + 300] {
        assert_eq!(outcome(&auth, &token, now).await, Ok(()));
    }
    assert_eq!((server.requests(), jwks.requests()), (2, 1));
    let plain_http = Auth::load(client(&server), "auth", NOW).await.err().unwrap();
    assert!(matches!(plain_http, LoadError::Document(DocumentError::Key { .. })), "{plain_http}");
}

#[tokio::test]
async fn a_secret_that_cannot_be_used_stops_the_start_and_is_not_shown() {
    let document = json!({"issuer": ISSUER, "generated": "hunter2-is-too-short"});
    let answers = [
        (StatusCode::OK, secret(&document).to_string()),
        (StatusCode::OK, json!({"SecretBinary": "aHVudGVyMg=="}).to_string()),
        (StatusCode::OK, format!("{} hunter2", secret(&document))),
        (
            StatusCode::BAD_REQUEST,
            json!({"__type": "ResourceNotFoundException", "message": "hm"}).to_string(),
        ),
    ];
    for (status, body) in answers {
        let server = Server::start(json!({})).await;
        server.answer(status, body).await;
        let error = Auth::load(client(&server), "auth", NOW).await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert_eq!(status == StatusCode::BAD_REQUEST, error.to_string().contains("hm"), "{error}");
    }
}

#[tokio::test]
async fn a_new_key_is_found_though_a_jwks_is_down() {
    let jwks = Server::start(json!({})).await;
    let ed = json!({"alg": "EdDSA", "jwks_url": jwks.url, "tenants": ["acme"]});
    let document = |keys: &[Value]| secret(&json!({"issuer": ISSUER, "generated": GENERATED, "keys": keys}));
    let server = Server::start(document(std::slice::from_ref(&ed))).await;
    let auth = Auth::load_with(client(&server), "auth", JwksUrls::HttpsOrLoopback, NOW).await.unwrap();
    let new = json!({"kid": "new", "alg": "EdDSA", "public_key": ED_PUBLIC, "tenants": ["acme"]});
    server.answer(StatusCode::OK, document(&[ed, new]).to_string()).await;
    let token = sign(EdDSA, Some("new"), &private(EdDSA, Signer::Good), &claims());
    assert_eq!(outcome(&auth, &token, NOW + 9).await, Err(AuthError::KeysUnavailable));
    assert_eq!(outcome(&auth, &token, NOW + 10).await, Ok(()));
}

#[tokio::test]
async fn a_secrets_manager_that_does_not_answer_holds_nobody_up_for_long() {
    let server = Server::start(with_hmac(&["a"])).await;
    let auth = Auth::load(client(&server), "auth", NOW).await.unwrap();
    server.hold();
    let token = by("a");
    let result = tokio::time::timeout(Duration::from_secs(20), outcome(&auth, &token, NOW + 300)).await;
    assert_eq!(result, Ok(Ok(())), "with the keys it had");
}
