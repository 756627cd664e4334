//! What a body may be.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use crate::Problem;

/// The largest body anyone may send.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Refuses a body that is too large (413) or is not declared as JSON (415).
pub fn json_body(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    if body.len() > MAX_BODY_BYTES {
        let detail = format!("the body is {} bytes; at most {MAX_BODY_BYTES} are accepted", body.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail));
    }
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        let detail = "the body must be JSON, declared as Content-Type: application/json";
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_within_bounds_passes() {
        let headers =
            |kind: &'static str| HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_static(kind))]);
        let json = headers("Application/JSON; charset=utf-8");
        assert_eq!(json_body(&json, &vec![b' '; MAX_BODY_BYTES]), Ok(()));
        assert_eq!(json_body(&json, &vec![b' '; MAX_BODY_BYTES + 1]).unwrap_err().status, 413);
        assert_eq!(json_body(&headers("text/plain"), b"{}").unwrap_err().status, 415);
        assert_eq!(json_body(&HeaderMap::new(), b"{}").unwrap_err().status, 415);
    }
}
