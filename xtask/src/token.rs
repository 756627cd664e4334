//! Tokens for the local stack, signed with its own key.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;

use crate::cli;
use crate::clock;
use crate::stack::{AuthSecret, Stack};

/// Seconds that a token is good for, unless asked otherwise: a working day.
pub(crate) const TTL: i64 = 12 * 60 * 60;

/// The claims that Carillon reads.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'static str,
    sub: &'a str,
    tenant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    iat: i64,
    exp: i64,
}

/// Whom a token speaks for.
#[derive(Debug, Default)]
pub(crate) struct Bearer<'a> {
    pub(crate) tenant: &'a str,
    /// The end user, or the producer's name.
    pub(crate) user: &'a str,
    pub(crate) account: Option<&'a str>,
    /// A producer has some, an end user has none.
    pub(crate) scopes: Vec<&'a str>,
}

/// A JWT (RFC 7519) by HS256.
pub(crate) fn sign(key: &AuthSecret, bearer: &Bearer<'_>, ttl: i64) -> Result<String> {
    let now = clock::now();
    let producer = !bearer.scopes.is_empty();
    let claims = Claims {
        iss: &key.issuer,
        aud: if producer { "carillon:produce" } else { "carillon:inbox" },
        sub: bearer.user,
        tenant: bearer.tenant,
        account: bearer.account,
        scope: producer.then(|| bearer.scopes.join(" ")),
        iat: now,
        exp: now + ttl,
    };
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": key.kid});
    let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let signed = format!("{}.{}", part(serde_json::to_vec(&header)?), part(serde_json::to_vec(&claims)?));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes())?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

/// The four that `stack.json` holds, all of tenant acme.
pub(crate) fn ready_made(key: &AuthSecret) -> Result<BTreeMap<String, String>> {
    let bearers: [(&str, &[&str]); 4] = [
        ("alice", &[]),
        ("bob", &[]),
        ("producer", &["notifications:send"]),
        ("admin", &["notifications:send", "notifications:admin"]),
    ];
    let token = |(user, scopes): (&str, &[&str])| {
        let bearer = Bearer { tenant: "acme", user, account: None, scopes: scopes.to_vec() };
        Ok((user.to_owned(), sign(key, &bearer, TTL)?))
    };
    bearers.into_iter().map(token).collect()
}

/// `cargo xtask token`.
pub(crate) fn print(options: &cli::Token) -> Result<()> {
    if options.ttl <= 0 {
        bail!("--ttl must be at least 1");
    }
    let stack = Stack::load(options.port)?;
    let bearer = Bearer {
        tenant: &options.tenant,
        user: options.user.as_deref().unwrap_or("producer"),
        account: options.account.as_deref(),
        scopes: options.scope.iter().map(String::as_str).collect(),
    };
    println!("{}", sign(&stack.auth_secret, &bearer, options.ttl)?);
    Ok(())
}
