//! `Idempotency-Key`: the header, and what the ledger knows of it.

use carillon_domain::Ulid;
use carillon_store::Noted;
use http::{HeaderMap, StatusCode};

use crate::Problem;

const HEADER: &str = "idempotency-key";
const FIELD: &str = "Idempotency-Key";

/// The key, if there is one.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get(HEADER) else { return Ok(None) };
    let visible = key.to_str().ok().filter(|key| {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    });
    visible.map(Some).ok_or_else(|| Problem::invalid(FIELD, "must be 1-255 visible ASCII characters"))
}

/// The id that holds for this request: the one offered, or an earlier request's.
pub fn holds(noted: Noted, offered: Ulid) -> Result<Ulid, Problem> {
    match noted {
        Noted::New => Ok(offered),
        Noted::Replay(ulid) => Ok(ulid),
        Noted::OtherBody => {
            let detail = "this Idempotency-Key was used within 24 hours with another body";
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail);
            Err(problem.field(FIELD))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, http::HeaderValue::from_bytes(value).unwrap());
        headers
    }

    #[test]
    fn a_key_is_visible_ascii() {
        assert_eq!(idempotency_key(&HeaderMap::new()), Ok(None));
        assert_eq!(idempotency_key(&headers(b"a b")), Ok(Some("a b")));
        for wrong in [&b""[..], &[b'x'; 256], b"\xe9"] {
            let problem = idempotency_key(&headers(wrong)).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), ("invalid_request", Some(FIELD)));
        }
    }

    #[test]
    fn the_first_id_holds() {
        let (offered, first) = (Ulid::from(1_u128), Ulid::from(2_u128));
        assert_eq!(holds(Noted::New, offered), Ok(offered));
        assert_eq!(holds(Noted::Replay(first), offered), Ok(first));
        let problem = holds(Noted::OtherBody, offered).unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code), (422, "idempotency_key_reused"));
    }
}
