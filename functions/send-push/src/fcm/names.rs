//! Keys cut to what each service takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// At most 50 of `[a-zA-Z0-9-_.~%]`; what is something else becomes `_`.
pub(crate) fn analytics_label(type_key: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '%');
    type_key.chars().take(50).map(|c| if allowed(c) { c } else { '_' }).collect()
}

/// At most 64 bytes. It is a header's value, so what could not be one is hashed as what is too long is.
pub(crate) fn apns_collapse_id(key: &str) -> String {
    let fits = key.len() <= 64 && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if fits { key.to_owned() } else { URL_SAFE_NO_PAD.encode(Sha256::digest(key)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_and_what_does_not_is_hashed() {
        assert_eq!(apns_collapse_id("chat:1"), "chat:1");
        assert_eq!(apns_collapse_id(&"x".repeat(64)), "x".repeat(64));
        assert_eq!(apns_collapse_id(&"x".repeat(65)).len(), 43);
        assert_eq!(apns_collapse_id("größe").len(), 43);
        assert_ne!(apns_collapse_id("größe"), apns_collapse_id("Größe"));
    }

    #[test]
    fn a_label_has_what_a_label_may_have() {
        assert_eq!(analytics_label("booking_confirmed"), "booking_confirmed");
        assert_eq!(analytics_label("ü b"), "__b");
        assert_eq!(analytics_label(&"a".repeat(60)).len(), 50);
    }
}
