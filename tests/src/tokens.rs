//! Tokens, good and bad.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::Stack;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The audience of `/api` and of the socket.
pub const INBOX: &str = "carillon:inbox";
/// The audience of `/v1`.
pub const PRODUCE: &str = "carillon:produce";

/// Signs as the deployed stack's own issuer.
#[derive(Clone)]
pub struct Tokens {
    issuer: String,
    kid: String,
    key: EncodingKey,
}

impl Tokens {
    /// As `cargo xtask token` does.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let secret = &stack.auth_secret;
        let key = EncodingKey::from_secret(secret.secret.as_bytes());
        Self { issuer: secret.issuer.clone(), kid: secret.kid.clone(), key }
    }

    /// What every token says.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Claims of a user that are good for an hour.
    #[must_use]
    pub fn claims(&self, tenant: &str, subject: &str, audience: &str) -> Value {
        let now = crate::now().as_second();
        let scope = if audience == PRODUCE { "notifications:send" } else { "" };
        let mut claims = json!({
            "iss": self.issuer, "aud": audience, "sub": subject, "tenant": tenant, "iat": now, "exp": now + 3600,
        });
        if !scope.is_empty() {
            claims["scope"] = json!(scope);
        }
        claims
    }

    /// Signed as it must be, whatever it says.
    ///
    /// # Errors
    /// If the claims are no JSON object.
    pub fn sign(&self, claims: &Value) -> Result<String> {
        sign(Algorithm::HS256, Some(&self.kid), &self.key, claims)
    }
}

/// Signed with any key and algorithm.
///
/// # Errors
/// If the key is not one for the algorithm.
pub fn sign(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey, claims: &Value) -> Result<String> {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    Ok(jsonwebtoken::encode(&header, claims, key)?)
}

/// `alg: none`, as a forger would try it.
#[must_use]
pub fn unsigned(kid: &str, claims: &Value) -> String {
    let header = json!({"alg": "none", "typ": "JWT", "kid": kid});
    let encoded = [header, claims.clone()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{}.", encoded.join("."))
}

/// A private key of `tests/keys`: `rs256`, `es256`, `eddsa`, or one of these with `-other`.
///
/// # Errors
/// If there is no such file.
pub fn private_key(name: &str) -> Result<EncodingKey> {
    let pem = read(&format!("{name}.private.pem"))?;
    Ok(match name.split('-').next() {
        Some("rs256") => EncodingKey::from_rsa_pem(&pem)?,
        Some("es256") => EncodingKey::from_ec_pem(&pem)?,
        _ => EncodingKey::from_ed_pem(&pem)?,
    })
}

/// A public key of `tests/keys`, as PEM.
///
/// # Errors
/// If there is no such file.
pub fn public_key(name: &str) -> Result<String> {
    Ok(String::from_utf8(read(&format!("{name}.public.pem"))?)?)
}

fn read(file: &str) -> Result<Vec<u8>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("keys").join(file);
    std::fs::read(&path).with_context(|| path.display().to_string())
}
