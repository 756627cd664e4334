//! Which documents are refused, and what the refusal says.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use carillon_auth::{DocumentError, JwksUrls, KeyProblem, SecretDocument};
use serde_json::{Value, json};

use crate::support::*;

fn parse(document: &Value) -> Result<SecretDocument, DocumentError> {
    SecretDocument::parse(&document.to_string(), JwksUrls::HttpsOnly)
}

fn problem(key: Value) -> Option<KeyProblem> {
    match parse(&json!({"issuer": ISSUER, "generated": GENERATED, "keys": [key]})) {
        Ok(_) => None,
        Err(DocumentError::Key { index: 0, problem }) => Some(problem),
        Err(other) => panic!("{other}"),
    }
}

fn secret() -> String {
    URL_SAFE_NO_PAD.encode(SECRET)
}

#[test]
fn what_the_template_generates_is_a_document() {
    assert!(parse(&json!({"issuer": "carillon", "keys": [], "generated": GENERATED})).is_ok());
    assert!(parse(&document()).is_ok());
}

#[test]
fn documents_that_could_not_work_are_refused() {
    assert_eq!(parse(&json!({"issuer": "carillon", "keys": []})).unwrap_err(), DocumentError::NoKeys);
    assert_eq!(parse(&json!({"issuer": " ", "generated": GENERATED})).unwrap_err(), DocumentError::NoIssuer);
    let short = parse(&json!({"issuer": "carillon", "generated": "x".repeat(31)})).unwrap_err();
    assert_eq!(short, DocumentError::Generated(KeyProblem::ShortSecret));
    assert!(matches!(parse(&json!({"generated": GENERATED})).unwrap_err(), DocumentError::Shape { .. }));
    let twice = json!({"issuer": ISSUER, "keys": [
        {"kid": "a", "alg": "HS256", "secret": secret(), "tenants": ["*"]},
        {"kid": "a", "alg": "RS256", "public_key": RSA_PUBLIC, "tenants": ["*"]},
    ]});
    let duplicate = DocumentError::Key { index: 1, problem: KeyProblem::DuplicateKid };
    assert_eq!(parse(&twice).unwrap_err(), duplicate);
}

#[test]
fn keys_that_could_not_work_or_protect_are_refused() {
    let (all, url) = (json!(["*"]), "https://id.example.com/jwks.json");
    let hs = |secret: &str| json!({"kid": "k", "alg": "HS256", "secret": secret, "tenants": ["acme"]});
    let pem = |alg: &str, pem: &str| json!({"kid": "k", "alg": alg, "public_key": pem, "tenants": ["acme"]});
    let private = include_str!("../../../../tests/keys/rs256.private.pem");
    let table = [
        (hs(&secret()), None),
        (hs(&URL_SAFE.encode(SECRET)), None),
        (pem("RS256", RSA_PUBLIC), None),
        (json!({"alg": "EdDSA", "jwks_url": url, "tenants": all}), None),
        (json!({"kid": "k", "alg": "none", "tenants": all}), Some(KeyProblem::Algorithm)),
        (
            json!({"kid": "k", "alg": "HS512", "secret": secret(), "tenants": all}),
            Some(KeyProblem::Algorithm),
        ),
        (
            json!({"kid": "k", "alg": "hs256", "secret": secret(), "tenants": all}),
            Some(KeyProblem::Algorithm),
        ),
        (json!({"alg": "HS256", "secret": secret(), "tenants": all}), Some(KeyProblem::NoKid)),
        (json!({"kid": "", "alg": "HS256", "secret": secret(), "tenants": all}), Some(KeyProblem::NoKid)),
        (
            json!({"kid": "default", "alg": "HS256", "secret": secret(), "tenants": all}),
            Some(KeyProblem::DuplicateKid),
        ),
        (json!({"kid": "k", "alg": "HS256", "secret": secret(), "tenants": []}), Some(KeyProblem::NoTenants)),
        (json!({"kid": "k", "alg": "HS256", "secret": secret()}), Some(KeyProblem::NoTenants)),
        (
            json!({"kid": "k", "alg": "HS256", "secret": secret(), "tenants": ["a#b"]}),
            Some(KeyProblem::Tenant),
        ),
        (hs(&URL_SAFE_NO_PAD.encode(&SECRET[1..])), Some(KeyProblem::ShortSecret)),
        (hs("not base64url!"), Some(KeyProblem::SecretEncoding)),
        (hs(&URL_SAFE_NO_PAD.encode(RSA_PUBLIC)), Some(KeyProblem::SecretIsPem)),
        (json!({"kid": "k", "alg": "HS256", "tenants": all}), Some(KeyProblem::Source)),
        (
            json!({"kid": "k", "alg": "RS256", "public_key": RSA_PUBLIC, "secret": secret(), "tenants": all}),
            Some(KeyProblem::Source),
        ),
        (pem("HS256", RSA_PUBLIC), Some(KeyProblem::WrongSource)),
        (
            json!({"kid": "k", "alg": "RS256", "secret": secret(), "tenants": all}),
            Some(KeyProblem::WrongSource),
        ),
        (json!({"alg": "HS256", "jwks_url": url, "tenants": all}), Some(KeyProblem::WrongSource)),
        (pem("RS256", EC_PUBLIC), Some(KeyProblem::PublicKey)),
        (pem("ES256", ED_PUBLIC), Some(KeyProblem::PublicKey)),
        (pem("EdDSA", RSA_PUBLIC), Some(KeyProblem::PublicKey)),
        (pem("RS256", private), Some(KeyProblem::PublicKey)),
        (
            pem("RS256", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
            Some(KeyProblem::PublicKey),
        ),
        (json!({"kid": "k", "alg": "RS256", "jwks_url": url, "tenants": all}), Some(KeyProblem::KidOfJwks)),
    ];
    for (key, expected) in table {
        assert_eq!(problem(key.clone()), expected, "{key}");
    }
}

#[test]
fn rsa_keys_that_are_too_short_are_refused() {
    let pem = include_str!("short-rsa.public.pem");
    let key = json!({"kid": "k", "alg": "RS256", "public_key": pem, "tenants": ["*"]});
    assert_eq!(problem(key), Some(KeyProblem::RsaSize));
}

#[test]
fn a_jwks_comes_by_https_or_from_this_host_where_that_is_allowed() {
    let with = |url: &str, urls| {
        let key = json!({"alg": "RS256", "jwks_url": url, "tenants": ["acme"]});
        SecretDocument::parse(&json!({"issuer": ISSUER, "keys": [key]}).to_string(), urls).is_ok()
    };
    let loopback = ["http://127.0.0.1:9/j", "http://localhost/j", "http://[::1]:9/j"];
    for url in loopback {
        assert!(with(url, JwksUrls::HttpsOrLoopback), "{url}");
        assert!(!with(url, JwksUrls::HttpsOnly), "{url}");
    }
    assert!(with("https://id.example.com/j", JwksUrls::HttpsOnly));
    for url in [
        "http://id.example.com/j",
        "http://127.0.0.1.example.com/j",
        "http://localhost.example.com/j",
        "http://127.0.0.1@id.example.com/j",
        "https://user:password@id.example.com/j",
        "ftp://127.0.0.1/j",
        "file:///etc/jwks.json",
        "jwks.json",
        "",
    ] {
        assert!(!with(url, JwksUrls::HttpsOrLoopback), "{url}");
    }
    let entry = json!({"alg": "RS256", "jwks_url": "https://id.example.com/j", "tenants": ["acme"]});
    let twice = json!({"issuer": ISSUER, "keys": [entry, entry]});
    let duplicate = DocumentError::Key { index: 1, problem: KeyProblem::DuplicateJwks };
    assert_eq!(parse(&twice).unwrap_err(), duplicate);
}

#[test]
fn neither_an_error_nor_debug_output_shows_a_secret() {
    let wrong_type = json!({"issuer": ISSUER, "generated": GENERATED, "keys": GENERATED});
    let error = parse(&wrong_type).unwrap_err();
    let document = parse(&document()).unwrap();
    for text in [error.to_string(), format!("{error:?}"), format!("{document:?}")] {
        assert!(!text.contains(GENERATED) && !text.contains(&secret()), "{text}");
        assert!(!text.contains("48, 49, 50, 51"), "the key's bytes: {text}");
    }
}
