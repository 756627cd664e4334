//! Cursors: opaque to clients, bound to whose list and which view they were made for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::Ulid;
use carillon_http::Problem;
use carillon_store::{Scope, View};
use http::StatusCode;
use sha2::{Digest, Sha256};

/// Changes with the format, so that an old cursor is refused rather than misread.
const VERSION: u8 = 1;
/// Bytes of the binding.
const BOUND: usize = 8;

/// What a cursor is good for.
fn binding(scope: &Scope, view: View) -> [u8; BOUND] {
    let account = scope.account.as_ref().map(|account| account.as_str()).unwrap_or_default();
    let text = format!("{}#{}#{account}#{view:?}", scope.tenant, scope.user);
    let mut bound = [0; BOUND];
    bound.iter_mut().zip(Sha256::digest(text)).for_each(|(to, from)| *to = from);
    bound
}

/// Writes the position after the last item of a page.
pub(crate) fn write(scope: &Scope, view: View, ulid: Ulid) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(binding(scope, view));
    bytes.extend(ulid.to_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads it back: 400 for anything this list did not hand out.
pub(crate) fn read(scope: &Scope, view: View, cursor: &str) -> Result<Ulid, Problem> {
    let parsed = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (bound, rest) = rest.split_first_chunk::<BOUND>()?;
        let ulid: &[u8; 16] = rest.try_into().ok()?;
        let ours = *version == VERSION && *bound == binding(scope, view);
        ours.then(|| Ulid::from_bytes(*ulid))
    };
    let detail = "the cursor is not one that this list gave";
    parsed().ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor", detail).field("cursor"))
}

#[cfg(test)]
mod tests {
    use carillon_domain::{TenantId, UserId};

    use super::*;

    fn scope(tenant: &str, user: &str) -> Scope {
        Scope { tenant: TenantId::parse(tenant).unwrap(), user: UserId::parse(user).unwrap(), account: None }
    }

    #[test]
    fn a_cursor_is_good_for_the_list_that_gave_it_only() {
        let at = Ulid::from_parts(1, 2);
        let ann = scope("acme", "ann");
        let cursor = write(&ann, View::Current, at);
        assert_eq!(read(&ann, View::Current, &cursor), Ok(at));
        for (scope, view) in [
            (scope("acme", "bob"), View::Current),
            (scope("other", "ann"), View::Current),
            (ann.clone(), View::Archived),
        ] {
            assert_eq!(read(&scope, view, &cursor).unwrap_err().code, "invalid_cursor");
        }
        for bad in ["", "x", &cursor[1..], &format!("{cursor}A"), "%%%"] {
            assert_eq!(read(&ann, View::Current, bad).unwrap_err().status, 400, "{bad}");
        }
    }
}
