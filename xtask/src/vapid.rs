//! The key pair by which push services know a deployment (RFC 8292).

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::elliptic_curve::rand_core::OsRng;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use serde::{Deserialize, Serialize};

/// Both in base64url, as browsers and Carillon take them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// The template's parameter `VapidPublicKey`: an uncompressed point of P-256.
    pub(crate) public_key: String,
    /// Goes into the secret, beside a `subject`: 32 bytes.
    pub(crate) private_key: String,
}

impl Pair {
    /// A new one. Browsers subscribe to one key: with another, all have to do so again.
    pub(crate) fn generate() -> Self {
        Self::of(&SecretKey::random(&mut OsRng))
    }

    fn of(private: &SecretKey) -> Self {
        Self {
            public_key: URL_SAFE_NO_PAD.encode(private.public_key().to_encoded_point(false).as_bytes()),
            private_key: URL_SAFE_NO_PAD.encode(private.to_bytes()),
        }
    }
}

/// `cargo xtask vapid`.
pub(crate) fn print() -> Result<()> {
    println!("{}", serde_json::to_string_pretty(&Pair::generate())?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_is_the_private_keys() {
        // RFC 8291's example of a sender's key.
        let private = URL_SAFE_NO_PAD.decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        assert_eq!(
            Pair::of(&SecretKey::from_slice(&private).unwrap()).public_key,
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
    }

    #[test]
    fn each_is_new_and_has_its_form() {
        let (one, other) = (Pair::generate(), Pair::generate());
        assert_ne!(one.private_key, other.private_key);
        let lengths =
            [&one.public_key, &one.private_key].map(|key| URL_SAFE_NO_PAD.decode(key).unwrap().len());
        assert_eq!(lengths, [65, 32]);
    }
}
