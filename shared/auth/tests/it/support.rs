//! Keys, tokens and a local HTTP server whose answers a test can change.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_auth::{Auth, JwksUrls, SecretDocument};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::sync::{RwLock, watch};

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const NOW: i64 = 1_900_000_000;
pub(crate) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
pub(crate) const GENERATED: &str = "Zx0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd";

pub(crate) const RSA_PUBLIC: &str = include_str!("../../../../tests/keys/rs256.public.pem");
pub(crate) const EC_PUBLIC: &str = include_str!("../../../../tests/keys/es256.public.pem");
pub(crate) const ED_PUBLIC: &str = include_str!("../../../../tests/keys/eddsa.public.pem");

/// The private keys: the good ones, and others of the same kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signer {
    Good,
    Other,
}

pub(crate) fn private(algorithm: Algorithm, signer: Signer) -> EncodingKey {
    match (algorithm, signer) {
        (Algorithm::HS256, Signer::Good) => EncodingKey::from_secret(SECRET),
        (Algorithm::HS256, Signer::Other) => EncodingKey::from_secret(b"another-secret-of-32-bytes-or-so!"),
        (Algorithm::RS256, Signer::Good) => rsa(include_bytes!("../../../../tests/keys/rs256.private.pem")),
        (Algorithm::RS256, Signer::Other) => {
            rsa(include_bytes!("../../../../tests/keys/rs256-other.private.pem"))
        }
        (Algorithm::ES256, Signer::Good) => ec(include_bytes!("../../../../tests/keys/es256.private.pem")),
        (Algorithm::ES256, Signer::Other) => {
            ec(include_bytes!("../../../../tests/keys/es256-other.private.pem"))
        }
        (Algorithm::EdDSA, Signer::Good) => ed(include_bytes!("../../../../tests/keys/eddsa.private.pem")),
        (Algorithm::EdDSA, Signer::Other) => {
            ed(include_bytes!("../../../../tests/keys/eddsa-other.private.pem"))
        }
        (other, _) => panic!("no test key for {other:?}"),
    }
}

fn rsa(pem: &[u8]) -> EncodingKey {
    EncodingKey::from_rsa_pem(pem).unwrap()
}

fn ec(pem: &[u8]) -> EncodingKey {
    EncodingKey::from_ec_pem(pem).unwrap()
}

fn ed(pem: &[u8]) -> EncodingKey {
    EncodingKey::from_ed_pem(pem).unwrap()
}

/// One key of each algorithm; `hs` may sign for acme only.
pub(crate) fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "generated": GENERATED,
        "later": "a member this version does not know",
        "keys": [
            {"kid": "hs", "alg": "HS256", "secret": URL_SAFE_NO_PAD.encode(SECRET), "tenants": ["acme"]},
            {"kid": "rs", "alg": "RS256", "public_key": RSA_PUBLIC, "tenants": ["*"]},
            {"kid": "es", "alg": "ES256", "public_key": EC_PUBLIC, "tenants": ["acme", "globex"]},
            {"kid": "ed", "alg": "EdDSA", "public_key": ED_PUBLIC, "tenants": ["*"]},
        ],
    })
}

pub(crate) fn auth(document: &Value) -> Auth {
    Auth::fixed(SecretDocument::parse(&document.to_string(), JwksUrls::HttpsOrLoopback).unwrap())
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "carillon:inbox", "sub": "alice", "tenant": "acme",
        "exp": NOW + 600, "iat": NOW, "nbf": NOW,
    })
}

/// The good claims with some of them replaced, or taken out where the new value is null.
pub(crate) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        let members = claims.as_object_mut().unwrap();
        members.insert(name.clone(), value.clone());
        members.retain(|_, value| !value.is_null());
    }
    claims
}

pub(crate) fn sign(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, key).unwrap()
}

/// By the key `hs`.
pub(crate) fn token(claims: &Value) -> String {
    sign(Algorithm::HS256, Some("hs"), &private(Algorithm::HS256, Signer::Good), claims)
}

/// Three parts by hand, for what no library would sign.
pub(crate) fn by_hand(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// A public key as a JWKS entry.
pub(crate) fn jwk(kid: &str, algorithm: Algorithm, signer: Signer) -> Value {
    let mut jwk =
        serde_json::to_value(Jwk::from_encoding_key(&private(algorithm, signer), algorithm).unwrap())
            .unwrap();
    jwk["kid"] = json!(kid);
    jwk
}

/// A local HTTP server that answers every request the same, until told otherwise.
pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    answer: RwLock<(StatusCode, String)>,
    requests: AtomicUsize,
    /// While false, requests wait before they are answered.
    open: watch::Sender<bool>,
}

impl Server {
    pub(crate) async fn start(body: Value) -> Self {
        let shared = Arc::new(Shared {
            answer: RwLock::new((StatusCode::OK, body.to_string())),
            requests: AtomicUsize::new(0),
            open: watch::Sender::new(true),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    pub(crate) async fn answer(&self, status: StatusCode, body: impl Into<String>) {
        *self.shared.answer.write().await = (status, body.into());
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn hold(&self) {
        self.shared.open.send_replace(false);
    }

    pub(crate) fn release(&self) {
        self.shared.open.send_replace(true);
    }
}

async fn answer(State(shared): State<Arc<Shared>>) -> Response {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    shared.open.subscribe().wait_for(|open| *open).await.unwrap();
    let (status, body) = shared.answer.read().await.clone();
    let elsewhere = [(header::LOCATION, "/elsewhere")];
    (status, elsewhere, body).into_response()
}
