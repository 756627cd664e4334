//! One verification key: built once, checked when built, pinned to its algorithm and its tenants.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

use crate::algorithm::Algorithm;
use crate::limits::{MAX_RSA_BITS, MIN_HMAC_BYTES, MIN_RSA_BITS};
use crate::problem::KeyProblem;
use crate::tenants::Tenants;
use crate::token::Token;

/// People paste secrets with and without padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Debug)]
pub(crate) struct Key {
    algorithm: Algorithm,
    decoding: DecodingKey,
    tenants: Arc<Tenants>,
}

impl Key {
    /// An HS256 key as it is.
    pub(crate) fn hmac(secret: &[u8], tenants: Arc<Tenants>) -> Result<Self, KeyProblem> {
        // A public key is no secret: who configures one for HS256 lets everybody sign.
        if secret.trim_ascii_start().starts_with(b"-----BEGIN") {
            return Err(KeyProblem::SecretIsPem);
        }
        if secret.len() < MIN_HMAC_BYTES {
            return Err(KeyProblem::ShortSecret);
        }
        Ok(Self { algorithm: Algorithm::Hs256, decoding: DecodingKey::from_secret(secret), tenants })
    }

    /// An HS256 key in base64url.
    pub(crate) fn hmac_base64(secret: &str, tenants: Arc<Tenants>) -> Result<Self, KeyProblem> {
        Self::hmac(&decode(secret).ok_or(KeyProblem::SecretEncoding)?, tenants)
    }

    /// A public key as PEM, `SubjectPublicKeyInfo`.
    pub(crate) fn pem(algorithm: Algorithm, pem: &str, tenants: Arc<Tenants>) -> Result<Self, KeyProblem> {
        if !pem.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") {
            return Err(KeyProblem::PublicKey);
        }
        let pem = pem.as_bytes();
        let decoding = match algorithm {
            Algorithm::Hs256 => return Err(KeyProblem::WrongSource),
            Algorithm::Rs256 => {
                let key = DecodingKey::from_rsa_pem(pem).map_err(|_| KeyProblem::PublicKey)?;
                let der = key.try_get_as_bytes().map_err(|_| KeyProblem::PublicKey)?;
                let components = DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key;
                let (n, e) = components(der).map_err(|_| KeyProblem::PublicKey)?;
                rsa(&n, &e).ok_or(KeyProblem::RsaSize)?
            }
            Algorithm::Es256 => DecodingKey::from_ec_pem(pem).map_err(|_| KeyProblem::PublicKey)?,
            Algorithm::EdDsa => DecodingKey::from_ed_pem(pem).map_err(|_| KeyProblem::PublicKey)?,
        };
        Self::checked(algorithm, decoding, tenants).ok_or(KeyProblem::PublicKey)
    }

    /// An RSA key by modulus and exponent, as a JWK has them.
    pub(crate) fn rsa(n: &str, e: &str, tenants: Arc<Tenants>) -> Option<Self> {
        Self::checked(Algorithm::Rs256, rsa(&decode(n)?, &decode(e)?)?, tenants)
    }

    /// A P-256 key by its coordinates, as a JWK has them.
    pub(crate) fn p256(x: &str, y: &str, tenants: Arc<Tenants>) -> Option<Self> {
        let (x, y) = (decode(x)?, decode(y)?);
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
        Self::checked(Algorithm::Es256, DecodingKey::from_ec_der(&point), tenants)
    }

    /// An Ed25519 key, as a JWK has it.
    pub(crate) fn ed25519(x: &str, tenants: Arc<Tenants>) -> Option<Self> {
        Self::checked(Algorithm::EdDsa, DecodingKey::from_ed_der(&decode(x)?), tenants)
    }

    /// Lets the verifier itself say whether it can work with the key, so that this is not found out per token.
    fn checked(algorithm: Algorithm, decoding: DecodingKey, tenants: Arc<Tenants>) -> Option<Self> {
        // jsonwebtoken slices an Ed25519 key without looking: a shorter one would panic.
        let ed_key_is_short = algorithm == Algorithm::EdDsa
            && decoding.try_get_as_bytes().map_or(true, |bytes| bytes.len() != 32);
        if ed_key_is_short {
            return None;
        }
        let key = Self { algorithm, decoding, tenants };
        key.verifier().is_some().then_some(key)
    }

    /// The provider is named, so that no other crate's feature flag can exchange it.
    fn verifier(&self) -> Option<Box<dyn JwtVerifier>> {
        (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm.jose(), &self.decoding).ok()
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Whether this key made the token's signature, by the key's own algorithm. HMACs are compared in constant
    /// time.
    pub(crate) fn signed(&self, token: &Token<'_>) -> bool {
        if token.algorithm() != self.algorithm {
            return false;
        }
        let (Some(verifier), Some(signature)) = (self.verifier(), token.signature()) else { return false };
        verifier.verify(token.signed_part().as_bytes(), &signature).is_ok()
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text.trim_ascii()).ok()
}

fn rsa(n: &[u8], e: &[u8]) -> Option<DecodingKey> {
    let significant = n.get(n.iter().position(|byte| *byte != 0)?..)?;
    let top = significant.first()?.leading_zeros() as usize;
    let bits = significant.len() * 8 - top;
    let fits = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits);
    fits.then(|| DecodingKey::from_rsa_raw_components(significant, e))
}
