//! Which tokens are accepted, and why the others are not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_auth::{Audience, AuthError, Claims};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::support::*;

const ALL: [(Algorithm, &str); 4] =
    [(Algorithm::HS256, "hs"), (Algorithm::RS256, "rs"), (Algorithm::ES256, "es"), (Algorithm::EdDSA, "ed")];

async fn verify(token: &str) -> Result<Claims, AuthError> {
    auth(&document()).verify(token, Audience::Inbox, NOW).await
}

async fn refused(token: &str) -> AuthError {
    let error = verify(token).await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.retryable()), (401, "unauthenticated", false), "{error}");
    error
}

#[tokio::test]
async fn every_algorithm_is_accepted_with_its_own_key() {
    let auth = auth(&document());
    for (algorithm, kid) in ALL {
        let token = sign(algorithm, Some(kid), &private(algorithm, Signer::Good), &claims());
        let claims = auth.verify(&token, Audience::Inbox, NOW).await;
        let claims = claims.unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
        assert_eq!((claims.tenant.as_str(), claims.user.as_str(), claims.exp), ("acme", "alice", NOW + 600));
    }
    let generated = sign(Algorithm::HS256, None, &EncodingKey::from_secret(GENERATED.as_bytes()), &claims());
    assert!(auth.verify(&generated, Audience::Inbox, NOW).await.is_ok(), "no kid means `default`");
}

#[tokio::test]
async fn a_token_signed_by_the_wrong_key_is_refused() {
    for (algorithm, kid) in ALL {
        let token = sign(algorithm, Some(kid), &private(algorithm, Signer::Other), &claims());
        assert_eq!(refused(&token).await, AuthError::Signature, "{algorithm:?}");
    }
    let no_kid = sign(Algorithm::HS256, None, &private(Algorithm::HS256, Signer::Good), &claims());
    assert_eq!(refused(&no_kid).await, AuthError::Signature, "another key than `default`");
}

#[tokio::test]
async fn alg_none_is_refused_in_every_spelling() {
    let good = token(&claims());
    let signature = good.rsplit('.').next().unwrap();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        for header in
            [json!({"alg": alg}), json!({"alg": alg, "kid": "hs"}), json!({"alg": alg, "kid": "rs"})]
        {
            for signature in ["", signature] {
                assert_eq!(
                    refused(&by_hand(&header, &claims(), signature)).await,
                    AuthError::Algorithm,
                    "{header}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_rsa_public_key_is_no_hmac_secret() {
    let trimmed = RSA_PUBLIC.trim();
    let der: String = trimmed.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(der).unwrap();
    for secret in [RSA_PUBLIC.as_bytes(), trimmed.as_bytes(), &der] {
        let key = EncodingKey::from_secret(secret);
        let named = sign(Algorithm::HS256, Some("rs"), &key, &claims());
        assert_eq!(refused(&named).await, AuthError::AlgorithmMismatch);
        for kid in [None, Some("hs")] {
            assert_eq!(refused(&sign(Algorithm::HS256, kid, &key, &claims())).await, AuthError::Signature);
        }
    }
}

#[tokio::test]
async fn a_kid_of_another_algorithm_is_refused() {
    for (algorithm, own) in ALL {
        for (_, kid) in ALL.iter().filter(|(_, kid)| *kid != own) {
            let token = sign(algorithm, Some(kid), &private(algorithm, Signer::Good), &claims());
            assert_eq!(refused(&token).await, AuthError::AlgorithmMismatch, "{algorithm:?} as {kid}");
        }
    }
    let longer = sign(Algorithm::HS512, Some("hs"), &EncodingKey::from_secret(SECRET), &claims());
    assert_eq!(
        refused(&longer).await,
        AuthError::Algorithm,
        "the right key, an algorithm that is not on the list"
    );
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let token = sign(Algorithm::HS256, Some("nobody"), &private(Algorithm::HS256, Signer::Good), &claims());
    assert_eq!(refused(&token).await, AuthError::UnknownKey);
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    use AuthError::{
        Audience, Claims, Expired, InvalidClaim, Issuer, MissingClaim, NotYetValid, TenantNotAllowed,
    };
    let long = "x".repeat(129);
    let table: Vec<(Value, AuthError)> = vec![
        (json!({"exp": NOW - 5}), Expired),
        (json!({"exp": NOW - 86_400}), Expired),
        (json!({"exp": -1}), Expired),
        (json!({"exp": (NOW as f64) - 4.5}), Expired),
        (json!({"exp": null}), MissingClaim("exp")),
        (json!({"exp": (NOW + 600).to_string()}), Claims),
        (json!({"nbf": NOW + 31}), NotYetValid),
        (json!({"nbf": (NOW as f64) + 30.5}), NotYetValid),
        (json!({"iat": NOW + 31}), NotYetValid),
        (json!({"iss": null}), MissingClaim("iss")),
        (json!({"iss": "https://auth.example.com/"}), Issuer),
        (json!({"iss": "HTTPS://auth.example.com"}), Issuer),
        (json!({"iss": [ISSUER]}), Claims),
        (json!({"aud": null}), MissingClaim("aud")),
        (json!({"aud": "carillon:produce"}), Audience),
        (json!({"aud": ["carillon:produce", "carillon"]}), Audience),
        (json!({"aud": []}), Audience),
        (json!({"tenant": null}), MissingClaim("tenant")),
        (json!({"tenant": ""}), InvalidClaim("tenant")),
        (json!({"tenant": "acme#alice"}), InvalidClaim("tenant")),
        (json!({"tenant": "*"}), InvalidClaim("tenant")),
        (json!({"tenant": long}), InvalidClaim("tenant")),
        (json!({"tenant": "globex"}), TenantNotAllowed),
        (json!({"tenant": "ACME"}), TenantNotAllowed),
        (json!({"sub": null}), MissingClaim("sub")),
        (json!({"sub": 7}), Claims),
        (json!({"sub": "alice#bob"}), InvalidClaim("sub")),
        (json!({"sub": ""}), InvalidClaim("sub")),
        (json!({"sub": "-alice"}), InvalidClaim("sub")),
        (json!({"account": "a#b"}), InvalidClaim("account")),
        (json!({"org": "a b"}), InvalidClaim("org")),
        (json!({"scope": ["notifications:send"]}), Claims),
    ];
    for (change, expected) in table {
        assert_eq!(refused(&token(&claims_with(change.clone()))).await, expected, "{change}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_the_stated_leeway() {
    for change in [
        json!({"exp": NOW - 4}),
        json!({"nbf": NOW + 30, "iat": NOW + 30}),
        json!({"nbf": null, "iat": null}),
    ] {
        assert!(verify(&token(&claims_with(change.clone()))).await.is_ok(), "{change}");
    }
    let fraction = verify(&token(&claims_with(json!({"exp": (NOW as f64) + 10.9})))).await.unwrap();
    assert_eq!(fraction.exp, NOW + 10, "a socket ends at the second before rather than after");
}

#[tokio::test]
async fn all_claims_are_parsed() {
    let changes = json!({
        "aud": ["other", "carillon:produce"], "account": "mail-1", "org": "org.7", "custom": {"a": 1},
        "scope": " notifications:send  notifications:admin",
    });
    let token = token(&claims_with(changes));
    let claims = auth(&document()).verify(&token, Audience::Produce, NOW).await.unwrap();
    assert_eq!(claims.account.as_ref().unwrap().as_str(), "mail-1");
    assert_eq!(claims.org.as_ref().unwrap().as_str(), "org.7");
    assert_eq!(claims.scopes.len(), 2);
    assert_eq!(claims.require_scope("notifications:admin"), Ok(()));
    let missing = claims.require_scope("notifications").unwrap_err();
    assert_eq!(
        (missing, missing.status(), missing.code()),
        (AuthError::MissingScope("notifications"), 403, "forbidden")
    );
}

#[tokio::test]
async fn a_claim_named_twice_is_refused() {
    let payload = claims().to_string().replacen('{', r#"{"tenant":"globex","#, 1);
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"hs"}"#),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let key = private(Algorithm::HS256, Signer::Good);
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert_eq!(refused(&format!("{signed}.{signature}")).await, AuthError::Claims);
}

#[tokio::test]
async fn a_tampered_token_is_refused() {
    for (algorithm, kid) in ALL {
        let good = sign(algorithm, Some(kid), &private(algorithm, Signer::Good), &claims());
        let parts: Vec<&str> = good.split('.').collect();
        let forged = URL_SAFE_NO_PAD.encode(claims_with(json!({"sub": "bob"})).to_string());
        for token in [
            format!("{}.{forged}.{}", parts[0], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 4]),
            format!("{good}AAAA"),
            format!("{good}="),
        ] {
            assert_eq!(refused(&token).await, AuthError::Signature, "{algorithm:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let good = token(&claims());
    let own_key = json!({"alg": "HS256", "kid": "hs", "crit": ["exp"]});
    for text in
        ["", ".", "..", "...", "a.b", "a.b.c", "e30.e30.e30", "\u{e9}.\u{e9}.\u{e9}", &good.replace('.', "")]
    {
        assert_eq!(refused(text).await, AuthError::Malformed, "{text}");
    }
    assert_eq!(refused(&format!("{good}.{good}")).await, AuthError::Malformed, "five parts");
    assert_eq!(
        refused(&by_hand(&own_key, &claims(), "")).await,
        AuthError::Malformed,
        "crit is not understood"
    );
    let long = token(&claims_with(json!({"filler": "x".repeat(8 * 1024)})));
    assert_eq!(refused(&long).await, AuthError::TooLong);
}

#[tokio::test]
async fn headers_must_say_what_the_token_says() {
    let plain = verify(&token(&claims())).await.unwrap();
    let with_account = verify(&token(&claims_with(json!({"account": "m1"})))).await.unwrap();
    assert_eq!(plain.header_claims_match(None, None, None), Ok(()));
    assert_eq!(with_account.header_claims_match(Some(b"acme"), Some(b"alice"), Some(b"m1")), Ok(()));
    let mismatch = |name| Err(AuthError::HeaderMismatch(name));
    assert_eq!(plain.header_claims_match(Some(b"globex"), None, None), mismatch("X-Tenant-ID"));
    assert_eq!(plain.header_claims_match(Some(b""), None, None), mismatch("X-Tenant-ID"));
    assert_eq!(plain.header_claims_match(None, Some(b"\xff"), None), mismatch("X-User-ID"));
    assert_eq!(plain.header_claims_match(None, None, Some(b"m1")), mismatch("X-Account-ID"));
    assert_eq!(with_account.header_claims_match(None, None, Some(b"m2")), mismatch("X-Account-ID"));
    assert_eq!(AuthError::HeaderMismatch("X-User-ID").status(), 403);
}

#[tokio::test]
async fn no_error_shows_any_part_of_a_token() {
    let token = token(&claims_with(json!({"sub": "very-secret-name#"})));
    let error = refused(&token).await;
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("very-secret-name"), "{text}");
        assert!(token.split('.').all(|part| !text.contains(part)), "{text}");
    }
}
