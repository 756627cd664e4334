//! Keys from a URL: fetched late, kept, rotated, and never more often than stated.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use carillon_auth::{Audience, Auth, AuthError};
use jsonwebtoken::Algorithm::{self, ES256, EdDSA, HS256, RS256};
use serde_json::{Value, json};

use crate::support::*;

const UNKNOWN: AuthError = AuthError::UnknownKey;
const UNAVAILABLE: AuthError = AuthError::KeysUnavailable;

fn set(keys: &[Value]) -> Value {
    json!({"keys": keys})
}

/// One source of one algorithm for acme, and the generated key.
fn auth_of(server: &Server, algorithm: &str) -> Arc<Auth> {
    let source = json!({"alg": algorithm, "jwks_url": server.url, "tenants": ["acme"]});
    Arc::new(auth(&json!({"issuer": ISSUER, "generated": GENERATED, "keys": [source]})))
}

fn by(algorithm: Algorithm, kid: &str, signer: Signer) -> String {
    sign(algorithm, Some(kid), &private(algorithm, signer), &claims_with(json!({"exp": NOW + 86_400})))
}

async fn outcome(auth: &Auth, token: &str, now: i64) -> Result<(), AuthError> {
    auth.verify(token, Audience::Inbox, now).await.map(drop)
}

#[tokio::test]
async fn all_public_key_algorithms_are_fetched_late_and_once() {
    for (algorithm, name) in [(RS256, "RS256"), (ES256, "ES256"), (EdDSA, "EdDSA")] {
        let server = Server::start(set(&[jwk("a", algorithm, Signer::Good)])).await;
        let auth = auth_of(&server, name);
        let generated = jsonwebtoken::EncodingKey::from_secret(GENERATED.as_bytes());
        let own = sign(HS256, None, &generated, &claims());
        assert_eq!(outcome(&auth, &own, NOW).await, Ok(()));
        assert_eq!(server.requests(), 0, "not before a token needs it");
        for now in [NOW, NOW + 1, NOW + 599] {
            assert_eq!(outcome(&auth, &by(algorithm, "a", Signer::Good), now).await, Ok(()), "{name}");
        }
        assert_eq!(outcome(&auth, &by(algorithm, "a", Signer::Other), NOW).await, Err(AuthError::Signature));
        assert_eq!(server.requests(), 1);
        assert_eq!(outcome(&auth, &by(algorithm, "a", Signer::Good), NOW + 600).await, Ok(()));
        assert_eq!(server.requests(), 2, "after ten minutes again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_costs_one_fetch_under_concurrency() {
    let server = Server::start(set(&[jwk("a", ES256, Signer::Good)])).await;
    let auth = auth_of(&server, "ES256");
    assert_eq!(outcome(&auth, &by(ES256, "a", Signer::Good), NOW).await, Ok(()));
    let both = set(&[jwk("a", ES256, Signer::Good), jwk("b", ES256, Signer::Other)]);
    server.answer(StatusCode::OK, both.to_string()).await;

    server.hold();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (auth, token) = (Arc::clone(&auth), by(ES256, "b", Signer::Other));
            tokio::spawn(async move { outcome(&auth, &token, NOW + 30).await })
        })
        .collect();
    // The known key needs nobody's answer while the new one is on its way.
    assert_eq!(outcome(&auth, &by(ES256, "a", Signer::Good), NOW + 30).await, Ok(()));
    server.release();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(server.requests(), 2, "one first fetch, one for the new kid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_fetch_is_one_for_all() {
    let server = Server::start(set(&[jwk("a", EdDSA, Signer::Good)])).await;
    let auth = auth_of(&server, "EdDSA");
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (auth, token) = (Arc::clone(&auth), by(EdDSA, "a", Signer::Good));
            tokio::spawn(async move { outcome(&auth, &token, NOW).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn unknown_kids_cause_one_fetch_in_30_seconds() {
    let server = Server::start(set(&[jwk("a", EdDSA, Signer::Good)])).await;
    let auth = auth_of(&server, "EdDSA");
    for (now, requests) in [(0, 1), (1, 1), (29, 1), (30, 2), (31, 2), (59, 2), (60, 3)] {
        let token = by(EdDSA, &format!("unknown-{now}"), Signer::Good);
        assert_eq!(outcome(&auth, &token, NOW + now).await, Err(UNKNOWN));
        assert_eq!(server.requests(), requests, "{now} s");
    }
}

#[tokio::test]
async fn a_clock_set_back_does_not_freeze_the_keys() {
    let server = Server::start(set(&[])).await;
    let auth = auth_of(&server, "EdDSA");
    let token = by(EdDSA, "a", Signer::Good);
    assert_eq!(outcome(&auth, &token, NOW + 3_600).await, Err(UNKNOWN));
    server.answer(StatusCode::OK, set(&[jwk("a", EdDSA, Signer::Good)]).to_string()).await;
    assert_eq!(outcome(&auth, &token, NOW).await, Ok(()));
}

#[tokio::test]
async fn keys_stay_while_the_endpoint_is_down_and_go_when_it_says_so() {
    let server = Server::start(set(&[jwk("a", RS256, Signer::Good)])).await;
    let auth = auth_of(&server, "RS256");
    let (old, new) = (by(RS256, "a", Signer::Good), by(RS256, "b", Signer::Good));
    assert_eq!(outcome(&auth, &old, NOW).await, Ok(()));

    server.answer(StatusCode::INTERNAL_SERVER_ERROR, "").await;
    assert_eq!(outcome(&auth, &old, NOW + 1_000).await, Ok(()), "stale is better than none");
    assert_eq!(outcome(&auth, &old, NOW + 1_001).await, Ok(()));
    assert_eq!(server.requests(), 2, "and the next try waits");
    assert_eq!(outcome(&auth, &new, NOW + 1_002).await, Err(UNAVAILABLE), "it may be a new key");

    server.answer(StatusCode::OK, set(&[jwk("b", RS256, Signer::Good)]).to_string()).await;
    assert_eq!(outcome(&auth, &new, NOW + 1_030).await, Ok(()));
    assert_eq!(outcome(&auth, &old, NOW + 1_030).await, Err(UNKNOWN), "withdrawn");
}

#[tokio::test]
async fn an_endpoint_that_was_never_reached_is_503_and_tried_again_soon() {
    let server = Server::start(set(&[])).await;
    let auth = auth_of(&server, "ES256");
    let token = by(ES256, "a", Signer::Good);
    server.answer(StatusCode::SERVICE_UNAVAILABLE, "").await;
    let error = outcome(&auth, &token, NOW).await.unwrap_err();
    assert_eq!(
        (error, error.status(), error.code(), error.retryable()),
        (UNAVAILABLE, 503, "unavailable", true)
    );
    server.answer(StatusCode::OK, set(&[jwk("a", ES256, Signer::Good)]).to_string()).await;
    assert_eq!(outcome(&auth, &token, NOW + 1).await, Err(UNAVAILABLE));
    assert_eq!(server.requests(), 1);
    assert_eq!(outcome(&auth, &token, NOW + 5).await, Ok(()));
}

#[tokio::test]
async fn what_is_no_jwks_of_modest_size_at_this_very_url_is_not_used() {
    let good = set(&[jwk("a", EdDSA, Signer::Good)]).to_string();
    let padded = format!("{good}{}", " ".repeat(256 * 1024));
    let answers = [
        (StatusCode::OK, padded),
        (StatusCode::OK, String::from("<html>")),
        (StatusCode::OK, String::from("[]")),
        (StatusCode::FOUND, good.clone()),
        (StatusCode::NOT_FOUND, good.clone()),
    ];
    for (status, body) in answers {
        let server = Server::start(set(&[])).await;
        server.answer(status, body).await;
        let auth = auth_of(&server, "EdDSA");
        assert_eq!(outcome(&auth, &by(EdDSA, "a", Signer::Good), NOW).await, Err(UNAVAILABLE), "{status}");
        assert_eq!(server.requests(), 1, "no redirect is followed");
    }
}

#[tokio::test]
async fn a_jwks_chooses_neither_algorithm_nor_form() {
    let octets = json!({"kid": "oct", "kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", "alg": "HS256"});
    let change = |name: &str, field: &str, value: Value| {
        let mut key = jwk(name, RS256, Signer::Good);
        key[field] = value;
        key
    };
    let mut no_alg = jwk("no-alg", RS256, Signer::Good);
    no_alg.as_object_mut().unwrap().remove("alg");
    let mut no_kid = jwk("none", RS256, Signer::Good);
    no_kid.as_object_mut().unwrap().remove("kid");
    let keys = [
        octets,
        json!("no object"),
        json!({"kid": "bare"}),
        no_kid,
        jwk("ec", ES256, Signer::Good),
        change("rs512", "alg", json!("RS512")),
        change("enc", "use", json!("enc")),
        change("ops", "key_ops", json!(["sign"])),
        change("short", "n", json!("AQAB")),
        change("wrong", "n", json!("***")),
        no_alg,
        jwk("good", RS256, Signer::Good),
        jwk("good", RS256, Signer::Other),
    ];
    let server = Server::start(set(&keys)).await;
    let auth = auth_of(&server, "RS256");
    for kid in ["good", "no-alg"] {
        assert_eq!(outcome(&auth, &by(RS256, kid, Signer::Good), NOW).await, Ok(()), "{kid}");
    }
    for kid in ["oct", "bare", "ec", "rs512", "enc", "ops", "short", "wrong"] {
        assert_eq!(outcome(&auth, &by(RS256, kid, Signer::Good), NOW).await, Err(UNKNOWN), "{kid}");
    }
    assert_eq!(outcome(&auth, &by(HS256, "oct", Signer::Good), NOW).await, Err(UNKNOWN));
    assert_eq!(outcome(&auth, &by(ES256, "ec", Signer::Good), NOW).await, Err(UNKNOWN));
    let confused = jsonwebtoken::EncodingKey::from_secret(RSA_PUBLIC.as_bytes());
    let confused = sign(HS256, Some("good"), &confused, &claims());
    assert_eq!(outcome(&auth, &confused, NOW).await, Err(AuthError::AlgorithmMismatch));
}

#[tokio::test]
async fn ed25519_keys_of_a_wrong_length_do_no_harm() {
    let key = |kid: &str, x: &str| json!({"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": x});
    let server =
        Server::start(set(&[key("short", "AQAB"), key("empty", ""), key("long", &"A".repeat(48))])).await;
    let auth = auth_of(&server, "EdDSA");
    for kid in ["short", "empty", "long"] {
        assert_eq!(outcome(&auth, &by(EdDSA, kid, Signer::Good), NOW).await, Err(UNKNOWN), "{kid}");
    }
}

#[tokio::test]
async fn one_tenants_jwks_cannot_sign_for_or_disturb_another() {
    let acme = Server::start(set(&[jwk("1", ES256, Signer::Good)])).await;
    let globex = Server::start(set(&[jwk("1", ES256, Signer::Other)])).await;
    let auth = auth(&json!({"issuer": ISSUER, "keys": [
        {"alg": "ES256", "jwks_url": acme.url, "tenants": ["acme"]},
        {"alg": "ES256", "jwks_url": globex.url, "tenants": ["globex"]},
    ]}));
    let token = |tenant: &str, signer| {
        sign(ES256, Some("1"), &private(ES256, signer), &claims_with(json!({"tenant": tenant})))
    };
    globex.answer(StatusCode::INTERNAL_SERVER_ERROR, "").await;
    assert_eq!(outcome(&auth, &token("acme", Signer::Good), NOW).await, Ok(()));
    assert_eq!(globex.requests(), 0, "not asked for acme's tokens");
    globex.answer(StatusCode::OK, set(&[jwk("1", ES256, Signer::Other)]).to_string()).await;
    assert_eq!(
        outcome(&auth, &token("globex", Signer::Other), NOW).await,
        Ok(()),
        "the same kid, their own key"
    );
    assert_eq!(outcome(&auth, &token("acme", Signer::Other), NOW).await, Err(AuthError::Signature));
    assert_eq!(outcome(&auth, &token("globex", Signer::Good), NOW).await, Err(AuthError::Signature));
    assert_eq!(outcome(&auth, &token("initech", Signer::Good), NOW).await, Err(UNKNOWN));
}

#[tokio::test]
async fn a_published_key_cannot_replace_one_of_the_document() {
    let server = Server::start(set(&[jwk("rs", RS256, Signer::Other)])).await;
    let auth = auth(&json!({"issuer": ISSUER, "keys": [
        {"kid": "rs", "alg": "RS256", "public_key": RSA_PUBLIC, "tenants": ["acme"]},
        {"alg": "RS256", "jwks_url": server.url, "tenants": ["acme"]},
    ]}));
    assert_eq!(outcome(&auth, &by(RS256, "rs", Signer::Other), NOW).await, Err(AuthError::Signature));
    assert_eq!(outcome(&auth, &by(RS256, "rs", Signer::Good), NOW).await, Ok(()));
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn the_header_must_name_the_algorithm_of_a_published_key() {
    let server = Server::start(set(&[jwk("a", ES256, Signer::Good)])).await;
    let auth = auth_of(&server, "ES256");
    assert_eq!(outcome(&auth, &by(HS256, "a", Signer::Good), NOW).await, Err(UNKNOWN));
    assert_eq!(server.requests(), 0, "a token of another algorithm is no reason to fetch");
    assert_eq!(outcome(&auth, &by(ES256, "a", Signer::Good), NOW).await, Ok(()));
    // Signed by the right key, but under another name.
    let unsigned = by_hand(&json!({"alg": "EdDSA", "kid": "a"}), &claims(), "");
    let message = unsigned.trim_end_matches('.');
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &private(ES256, Signer::Good), ES256).unwrap();
    let token = format!("{message}.{signature}");
    assert_eq!(outcome(&auth, &token, NOW).await, Err(AuthError::AlgorithmMismatch));
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_holds_nobody_up_for_long() {
    let server = Server::start(set(&[jwk("a", EdDSA, Signer::Good)])).await;
    let auth = auth_of(&server, "EdDSA");
    server.hold();
    let token = by(EdDSA, "a", Signer::Good);
    let result = tokio::time::timeout(Duration::from_secs(20), outcome(&auth, &token, NOW)).await;
    assert_eq!(result, Ok(Err(UNAVAILABLE)));
}
