//! Whatever comes in, nothing panics and nothing but a good token verifies.

use carillon_auth::{Audience, bearer};
use jsonwebtoken::Algorithm;
use proptest::prelude::*;

use crate::support::*;

fn verifies(token: &str) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(auth(&document()).verify(token, Audience::Inbox, NOW)).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn random_bytes_never_verify(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(!verifies(&text));
        let _ = bearer(Some(&text));
    }

    #[test]
    fn random_parts_never_verify(token in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}") {
        prop_assert!(!verifies(&token));
    }

    #[test]
    fn random_claims_under_a_good_signature_never_panic(text in "\\PC{0,60}", number in any::<f64>()) {
        let odd = serde_json::json!({"exp": number, "iat": number, "nbf": number, "tenant": text, "aud": [text]});
        prop_assert!(!verifies(&token(&claims_with(odd))));
    }

    #[test]
    fn one_changed_character_is_enough(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9._~-]", ec in any::<bool>()) {
        let (algorithm, kid) = if ec { (Algorithm::ES256, "es") } else { (Algorithm::HS256, "hs") };
        let good = sign(algorithm, Some(kid), &private(algorithm, Signer::Good), &claims());
        let at = at.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(at..=at, &with);
        prop_assert_eq!(verifies(&changed), changed == good);
    }
}
