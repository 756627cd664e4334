//! Encryption for one browser: RFC 8291.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::PublicKey;
use web_push_native::Auth;

/// What only this browser can read, in one record. None if its keys are none: registration looks at their form, not
/// at whether the point is on the curve.
pub(super) fn encrypt(plain: Vec<u8>, p256dh: &str, auth: &str) -> Option<Vec<u8>> {
    let key = PublicKey::from_sec1_bytes(&URL_SAFE_NO_PAD.decode(p256dh).ok()?).ok()?;
    let auth: [u8; 16] = URL_SAFE_NO_PAD.decode(auth).ok()?.try_into().ok()?;
    web_push_native::encrypt(plain, &key, &Auth::from(auth)).ok()
}
