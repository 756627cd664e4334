//! Signed once for a push service, shown with every message to it.

use std::collections::BTreeMap;

use carillon_domain::Millis;
use http::HeaderValue;

use super::key::Key;

/// How long one is good for. Services refuse more than a day (RFC 8292, 2), and clocks differ.
const GOOD_SECONDS: i64 = 12 * 60 * 60;
/// It is replaced so long before it ends.
const AHEAD_SECONDS: i64 = 60 * 60;
/// There are a handful of services; but users name them, and may name what they like.
const MOST: usize = 64;

/// The Authorization header for each origin.
#[derive(Debug, Default)]
pub(super) struct Tokens(BTreeMap<String, (HeaderValue, i64)>);

impl Tokens {
    /// For this origin, signed now if need be.
    pub(super) fn of(&mut self, key: &Key, origin: &str, now: Millis) -> Option<HeaderValue> {
        let now = now.seconds();
        if let Some((token, _)) = self.0.get(origin).filter(|(_, exp)| now < exp - AHEAD_SECONDS) {
            return Some(token.clone());
        }
        let exp = now + GOOD_SECONDS;
        let token = key.authorization(origin, exp)?;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(origin.to_owned(), (token.clone(), exp));
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web_push::tests::{PUBLIC, secret};

    #[test]
    fn one_is_signed_for_each_origin_and_kept_until_it_ends() {
        let key = Key::parse(&secret(), PUBLIC).unwrap();
        let mut tokens = Tokens::default();
        let mut of =
            |origin: &str, hours: i64| tokens.of(&key, origin, Millis(hours * 60 * 60 * 1_000)).unwrap();
        let first = of("https://a.example", 0);
        assert_eq!(of("https://a.example", 10), first);
        assert_ne!(of("https://b.example", 10), first);
        assert_ne!(of("https://a.example", 11), first);
        let again = of("https://a.example", 12);
        for n in 0..200 {
            of(&format!("https://{n}.example"), 12);
        }
        assert!(tokens.0.len() <= MOST);
        let signed_again = tokens.of(&key, "https://a.example", Millis(13 * 60 * 60 * 1_000)).unwrap();
        assert_ne!(signed_again, again, "forgotten for others");
    }
}
