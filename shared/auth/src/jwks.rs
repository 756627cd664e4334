//! Keys published at a URL (RFC 7517).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::cache::{Cache, Entry};
use crate::document::JwksEntry;
use crate::fetch::{FetchError, Fetcher};
use crate::key::Key;
use crate::limits::{JWKS_RETRY, JWKS_TTL};
use crate::tenants::Tenants;

/// By `kid`.
pub(crate) type Keys = HashMap<String, Arc<Key>>;

pub(crate) struct Jwks {
    pub(crate) entry: JwksEntry,
    cache: Cache<Keys>,
}

impl Jwks {
    pub(crate) fn new(entry: JwksEntry) -> Self {
        Self { entry, cache: Cache::new(JWKS_TTL, JWKS_RETRY) }
    }

    /// The keys as far as they are known.
    pub(crate) async fn known_keys(&self) -> Entry<Keys> {
        self.cache.peek().await
    }

    /// The keys, fetched first if there are none or they are old.
    pub(crate) async fn keys(&self, fetcher: &Fetcher, now: i64) -> Entry<Keys> {
        self.cache.get(now, self.fetch(fetcher)).await
    }

    /// The keys, fetched again because a `kid` is not among them.
    pub(crate) async fn fresh_keys(&self, fetcher: &Fetcher, now: i64) -> Entry<Keys> {
        self.cache.reload(now, self.fetch(fetcher)).await
    }

    async fn fetch(&self, fetcher: &Fetcher) -> Option<Arc<Keys>> {
        let url = &self.entry.url;
        let result = match fetcher.get(url).await {
            Ok(body) => parse(&body, self.entry.algorithm, &self.entry.tenants).ok_or(FetchError::NotJwks),
            Err(error) => Err(error),
        };
        match result {
            Ok(keys) => {
                tracing::info!(%url, keys = keys.len(), "fetched a JWKS");
                Some(Arc::new(keys))
            }
            Err(error) => {
                tracing::warn!(%url, %error, "could not fetch a JWKS; keys already known stay in use");
                None
            }
        }
    }
}

#[derive(Deserialize)]
struct Set {
    /// One entry that we cannot read must not take the others with it (RFC 7517 §5).
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kid: String,
    kty: String,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// `None` if the body is no JWKS. Keys of another type, algorithm or use are left out: the algorithm is the
/// entry's, and a JWKS cannot choose another.
fn parse(body: &[u8], algorithm: Algorithm, tenants: &Arc<Tenants>) -> Option<Keys> {
    let set: Set = serde_json::from_slice(body).ok()?;
    let mut keys = Keys::new();
    for value in set.keys {
        let Ok(jwk) = serde_json::from_value::<Jwk>(value) else { continue };
        if let Some(key) = key(&jwk, algorithm, tenants) {
            keys.entry(jwk.kid).or_insert_with(|| Arc::new(key));
        }
    }
    Some(keys)
}

fn key(jwk: &Jwk, algorithm: Algorithm, tenants: &Arc<Tenants>) -> Option<Key> {
    let of_algorithm = jwk.alg.as_deref().is_none_or(|name| Algorithm::parse(name) == Some(algorithm));
    let signs = jwk.r#use.as_deref().is_none_or(|usage| usage == "sig");
    let verifies =
        jwk.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"));
    if !(of_algorithm && signs && verifies) {
        return None;
    }
    let tenants = Arc::clone(tenants);
    match (algorithm, jwk.kty.as_str(), jwk.crv.as_deref()) {
        (Algorithm::Rs256, "RSA", None) => Key::rsa(jwk.n.as_deref()?, jwk.e.as_deref()?, tenants),
        (Algorithm::Es256, "EC", Some("P-256")) => Key::p256(jwk.x.as_deref()?, jwk.y.as_deref()?, tenants),
        (Algorithm::EdDsa, "OKP", Some("Ed25519")) => Key::ed25519(jwk.x.as_deref()?, tenants),
        (Algorithm::Hs256 | Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa, _, _) => None,
    }
}
