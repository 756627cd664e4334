//! The secret's document, checked as a whole before any of it is used.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use reqwest::Url;
use serde::Deserialize;

use crate::algorithm::Algorithm;
use crate::key::Key;
use crate::problem::{DocumentError, KeyProblem};
use crate::tenants::Tenants;
use crate::token::DEFAULT_KID;

/// The document in Secrets Manager:
///
/// ```json
/// {"issuer": "https://auth.example.com", "generated": "<HS256 key, kid `default`, all tenants>",
///  "keys": [{"kid": "k1", "alg": "HS256", "secret": "<base64url>", "tenants": ["acme"]},
///           {"kid": "k2", "alg": "RS256", "public_key": "<PEM>", "tenants": ["*"]},
///           {"alg": "ES256", "jwks_url": "https://…/jwks.json", "tenants": ["acme"]}]}
/// ```
///
/// Members we do not know are ignored, so that a newer document does not stop an older deployment.
#[derive(Debug)]
pub struct SecretDocument {
    pub(crate) issuer: String,
    pub(crate) keys: HashMap<String, Arc<Key>>,
    pub(crate) jwks: Vec<JwksEntry>,
}

/// Where keys come from that are not in the document itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JwksEntry {
    pub(crate) url: Url,
    pub(crate) algorithm: Algorithm,
    pub(crate) tenants: Arc<Tenants>,
}

/// Which JWKS URLs a document may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwksUrls {
    /// What every deployment uses.
    HttpsOnly,
    /// Also `http://` on this very host: for tests and the local run.
    HttpsOrLoopback,
}

#[derive(Deserialize)]
struct RawDocument {
    issuer: String,
    generated: Option<String>,
    #[serde(default)]
    keys: Vec<RawKey>,
}

#[derive(Deserialize)]
struct RawKey {
    kid: Option<String>,
    alg: String,
    secret: Option<String>,
    public_key: Option<String>,
    jwks_url: Option<String>,
    #[serde(default)]
    tenants: Vec<String>,
}

impl SecretDocument {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// The first fault found.
    pub fn parse(text: &str, urls: JwksUrls) -> Result<Self, DocumentError> {
        // serde_json's message may quote the value it did not expect, and that may be a secret.
        let raw: RawDocument = serde_json::from_str(text)
            .map_err(|error| DocumentError::Shape { line: error.line(), column: error.column() })?;
        if raw.issuer.trim().is_empty() {
            return Err(DocumentError::NoIssuer);
        }
        let mut document = Self { issuer: raw.issuer, keys: HashMap::new(), jwks: Vec::new() };
        if let Some(secret) = raw.generated {
            let key =
                Key::hmac(secret.as_bytes(), Arc::new(Tenants::All)).map_err(DocumentError::Generated)?;
            document.keys.insert(DEFAULT_KID.to_owned(), Arc::new(key));
        }
        for (index, key) in raw.keys.iter().enumerate() {
            document.add(key, urls).map_err(|problem| DocumentError::Key { index, problem })?;
        }
        if document.keys.is_empty() && document.jwks.is_empty() {
            return Err(DocumentError::NoKeys);
        }
        Ok(document)
    }

    fn add(&mut self, raw: &RawKey, urls: JwksUrls) -> Result<(), KeyProblem> {
        let algorithm = Algorithm::parse(&raw.alg).ok_or(KeyProblem::Algorithm)?;
        let tenants = Arc::new(Tenants::parse(&raw.tenants).ok_or(KeyProblem::Tenant)?);
        if tenants.is_empty() {
            return Err(KeyProblem::NoTenants);
        }
        let key = match (algorithm, &raw.secret, &raw.public_key, &raw.jwks_url) {
            (Algorithm::Hs256, Some(secret), None, None) => Key::hmac_base64(secret, tenants)?,
            (Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa, None, Some(pem), None) => {
                Key::pem(algorithm, pem, tenants)?
            }
            (Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa, None, None, Some(url)) => {
                if raw.kid.is_some() {
                    return Err(KeyProblem::KidOfJwks);
                }
                let url = jwks_url(url, urls).ok_or(KeyProblem::JwksUrl)?;
                return self.add_jwks(JwksEntry { url, algorithm, tenants });
            }
            (_, Some(_), None, None) | (_, None, Some(_), None) | (_, None, None, Some(_)) => {
                return Err(KeyProblem::WrongSource);
            }
            (..) => return Err(KeyProblem::Source),
        };
        let kid = raw.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(KeyProblem::NoKid)?;
        match self.keys.insert(kid.to_owned(), Arc::new(key)) {
            None => Ok(()),
            Some(_) => Err(KeyProblem::DuplicateKid),
        }
    }

    fn add_jwks(&mut self, entry: JwksEntry) -> Result<(), KeyProblem> {
        // The same keys for two lists of tenants: which list holds would depend on the order.
        if self.jwks.iter().any(|other| other.url == entry.url && other.algorithm == entry.algorithm) {
            return Err(KeyProblem::DuplicateJwks);
        }
        self.jwks.push(entry);
        Ok(())
    }
}

fn jwks_url(text: &str, urls: JwksUrls) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let allowed = match (url.scheme(), urls) {
        ("https", _) => true,
        ("http", JwksUrls::HttpsOrLoopback) => is_loopback(host),
        (_, JwksUrls::HttpsOnly | JwksUrls::HttpsOrLoopback) => false,
    };
    (allowed && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
