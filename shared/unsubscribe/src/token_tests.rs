//! Links through [`Keys`], as they are signed and verified.

use base64::Engine as _;
use carillon_domain::Millis;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

use super::*;
use crate::{Keys, KeysError};

const NOW: Millis = Millis(1_767_225_600_000);
const OLD: &str = "the key of last year, 32 bytes or more";
const NEW: &str = "the key of this year, 32 bytes or more";

fn keys(key: &str, previous: Option<&str>) -> Keys {
    Keys::read(&json!({"key": key, "previous": previous}).to_string()).unwrap()
}

fn ids() -> (TenantId, UserId) {
    (TenantId::parse("acme").unwrap(), UserId::parse("alice@example.com").unwrap())
}

fn link(keys: &Keys) -> String {
    let (tenant, user) = ids();
    keys.sign(&tenant, &user, "promotions", NOW).unwrap()
}

fn claims_with(changes: &Value) -> Value {
    let mut claims = json!({
        "aud": AUDIENCE, "tenant": "acme", "sub": "alice", "key": "promotions", "iat": NOW.seconds(),
        "exp": NOW.seconds() + 60,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims
}

/// Signed by another library's own way, under our header.
fn by(secret: &str, claims: &Value) -> String {
    let signed = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let key = EncodingKey::from_secret(secret.as_bytes());
    format!("{signed}.{}", sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap())
}

#[test]
fn a_link_says_whose_consent_it_takes_back_for_ninety_days() {
    let keys = keys(NEW, None);
    let (tenant, user) = ids();
    let expires_at = NOW.plus_seconds(90 * 86_400);
    let said = Unsubscribe { tenant, user, key: "promotions".into(), signed_at: NOW, expires_at };
    assert_eq!(keys.verify(&link(&keys), NOW), Ok(said.clone()));
    assert_eq!(keys.verify(&link(&keys), expires_at.plus_millis(-1)), Ok(said));
    assert_eq!(keys.verify(&link(&keys), expires_at), Err(Refused::Expired));
}

#[test]
fn it_is_a_jwt_that_fits_into_a_header_line_whatever_the_ids() {
    let longest = "x".repeat(128);
    let (tenant, user) = (TenantId::parse(&longest).unwrap(), UserId::parse(&longest).unwrap());
    let key = "k".repeat(64);
    let token = keys(NEW, None).sign(&tenant, &user, &key, NOW).unwrap();
    assert!(token.len() < 700, "{}", token.len());
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{token}");
    assert_eq!(keys(NEW, None).verify(&token, NOW).unwrap().key, key);
    let header = URL_SAFE_NO_PAD.decode(HEADER).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap(), json!({"alg": "HS256", "typ": "JWT"}));
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    let read = decode::<Value>(&token, &DecodingKey::from_secret(NEW.as_bytes()), &validation).unwrap();
    assert_eq!((&read.claims["key"], &read.claims["iat"]), (&json!(key), &json!(NOW.seconds())));
}

#[test]
fn a_key_is_replaced_without_breaking_links_that_are_under_way() {
    let (old, both, new) = (keys(OLD, None), keys(NEW, Some(OLD)), keys(NEW, None));
    assert!(both.verify(&link(&old), NOW).is_ok());
    assert!(both.verify(&link(&both), NOW).is_ok());
    assert_eq!(old.verify(&link(&both), NOW), Err(Refused::Forged), "the new one signs");
    assert_eq!(new.verify(&link(&old), NOW), Err(Refused::Forged));
}

#[test]
fn whatever_we_did_not_sign_so_is_forged() {
    let keys = keys(NEW, None);
    let good = by(NEW, &claims_with(&json!({})));
    assert!(keys.verify(&good, NOW).is_ok());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let others = encoded(&claims_with(&json!({"tenant": "globex"})));
    let none = encoded(&json!({"alg": "none", "typ": "JWT"}));
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    for forged in [
        String::new(),
        "x".repeat(10_000),
        String::from("a.b.c"),
        String::from("ünïcode.😀.x"),
        format!("{signed}."),
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(flipped)),
        format!("{good}."),
        format!("{header}.{others}.{signature}"),
        format!("{none}.{payload}.{signature}"),
        format!("{none}.{payload}."),
        by(OLD, &claims_with(&json!({}))),
        encode(
            &Header::new(Algorithm::HS384),
            &claims_with(&json!({})),
            &EncodingKey::from_secret(NEW.as_bytes()),
        )
        .unwrap(),
        by(NEW, &claims_with(&json!({"aud": "carillon:inbox"}))),
        by(NEW, &claims_with(&json!({"tenant": "a#b"}))),
        by(NEW, &claims_with(&json!({"exp": "later"}))),
        by(NEW, &json!({})),
    ] {
        assert_eq!(keys.verify(&forged, NOW), Err(Refused::Forged), "{forged}");
    }
    let old = by(NEW, &claims_with(&json!({"exp": NOW.seconds()})));
    assert_eq!(keys.verify(&old, NOW), Err(Refused::Expired));
}

#[test]
fn keys_that_could_be_guessed_are_refused_and_none_is_ever_shown() {
    let read = |text: &str| Keys::read(text).map(drop);
    assert!(matches!(read(r#"{"key": "short"}"#), Err(KeysError::Short)));
    let previous = json!({"key": NEW, "previous": "short"}).to_string();
    assert!(matches!(read(&previous), Err(KeysError::Short)));
    for text in ["", "{}", NEW, r#"{"key": 7}"#] {
        assert!(matches!(read(text), Err(KeysError::Form)), "{text}");
    }
    let shown = format!("{:?} {}", keys(NEW, Some(OLD)), KeysError::Form);
    assert!(!shown.contains("year"), "{shown}");
}
