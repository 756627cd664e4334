//! The key pair by which push services know us: VAPID, RFC 8292.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::EncodePrivateKey as _;
use serde::{Deserialize, Serialize};

/// Signs for push services.
pub(super) struct Key {
    signing: EncodingKey,
    /// The browser subscribed with it, and finds its subscription by it.
    public: String,
    /// Whom a service can write to about us.
    subject: String,
}

/// Why there is none; never what the secret says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// Nobody has set it yet.
    #[error(
        "the secret is empty: put {{\"private_key\", \"subject\"}} there (cargo xtask vapid makes a key pair)"
    )]
    Empty,
    /// Another document, or none.
    #[error("the secret is not {{\"private_key\", \"subject\"}}")]
    Form,
    /// Not a scalar of P-256.
    #[error("private_key is not 32 bytes of a P-256 key in base64url")]
    Private,
    /// Push services refuse others.
    #[error("subject must be a mailto: or https: URL")]
    Subject,
    /// Browsers subscribed with a key that this one does not sign for.
    #[error("VAPID_PUBLIC_KEY is not the public key of the secret's private key")]
    Mismatch,
}

#[derive(Deserialize)]
struct Document {
    private_key: String,
    subject: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl Key {
    /// Reads the secret; `public` is what browsers are told.
    pub(super) fn parse(text: &str, public: &str) -> Result<Self, KeyError> {
        if matches!(text.trim(), "" | "{}") {
            return Err(KeyError::Empty);
        }
        let document: Document = serde_json::from_str(text).map_err(|_| KeyError::Form)?;
        let private = URL_SAFE_NO_PAD.decode(document.private_key.trim_end_matches('=')).ok();
        let private =
            private.and_then(|bytes| SecretKey::from_slice(&bytes).ok()).ok_or(KeyError::Private)?;
        if !["mailto:", "https://"].iter().any(|scheme| document.subject.starts_with(scheme)) {
            return Err(KeyError::Subject);
        }
        let own = URL_SAFE_NO_PAD.encode(private.public_key().to_encoded_point(false).as_bytes());
        if public.trim_end_matches('=') != own {
            return Err(KeyError::Mismatch);
        }
        let der = private.to_pkcs8_der().map_err(|_| KeyError::Private)?;
        let signing = EncodingKey::from_ec_der(der.as_bytes());
        Ok(Self { signing, public: own, subject: document.subject })
    }

    /// The Authorization header for the service at this origin, good until then (in seconds since 1970).
    pub(super) fn authorization(&self, origin: &str, exp: i64) -> Option<HeaderValue> {
        let claims = Claims { aud: origin, exp, sub: &self.subject };
        let token = encode(&Header::new(Algorithm::ES256), &claims, &self.signing).ok()?;
        let mut header = HeaderValue::from_str(&format!("vapid t={token}, k={}", self.public)).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use serde_json::{Value, json};

    use super::*;

    /// RFC 8291's example of a sender's key.
    const PRIVATE: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const PUBLIC: &str =
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

    fn secret(private_key: &str, subject: &str) -> String {
        json!({"private_key": private_key, "subject": subject}).to_string()
    }

    #[test]
    fn it_signs_what_its_public_key_verifies() {
        let key = Key::parse(&secret(PRIVATE, "mailto:ops@example.com"), PUBLIC).unwrap();
        assert!(!format!("{key:?}").contains(PRIVATE));
        let header = key.authorization("https://push.example.com", 4_000_000_000).unwrap();
        assert!(header.is_sensitive());
        let (token, public) =
            header.to_str().unwrap().strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(public, PUBLIC);
        let verifying = DecodingKey::from_ec_der(&URL_SAFE_NO_PAD.decode(public).unwrap());
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["https://push.example.com"]);
        let claims = decode::<Value>(token, &verifying, &validation).unwrap().claims;
        let expected = json!({
            "aud": "https://push.example.com", "exp": 4_000_000_000_i64, "sub": "mailto:ops@example.com",
        });
        assert_eq!(claims, expected);
    }

    #[test]
    fn what_is_no_key_is_told_so() {
        let mail = "mailto:ops@example.com";
        let other = Key::parse(&secret(&URL_SAFE_NO_PAD.encode([7; 32]), mail), PUBLIC);
        assert_eq!(other.err(), Some(KeyError::Mismatch));
        let table = [
            (String::from(" "), PUBLIC, KeyError::Empty),
            (String::from("{}"), PUBLIC, KeyError::Empty),
            (String::from("not JSON"), PUBLIC, KeyError::Form),
            (String::from(r#"{"private_key": "x"}"#), PUBLIC, KeyError::Form),
            (secret("AAAA", mail), PUBLIC, KeyError::Private),
            (secret(&URL_SAFE_NO_PAD.encode([0; 32]), mail), PUBLIC, KeyError::Private),
            (secret(&URL_SAFE_NO_PAD.encode([255; 32]), mail), PUBLIC, KeyError::Private),
            (secret("not base64!", mail), PUBLIC, KeyError::Private),
            (secret(PRIVATE, "ops@example.com"), PUBLIC, KeyError::Subject),
            (secret(PRIVATE, mail), "", KeyError::Mismatch),
        ];
        for (text, public, expected) in table {
            assert_eq!(Key::parse(&text, public).err(), Some(expected), "{text}");
        }
        assert!(Key::parse(&secret(&format!("{PRIVATE}="), mail), &format!("{PUBLIC}=")).is_ok(), "padded");
    }
}
