//! Cursors: opaque to clients, good for the list only that gave them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::Ulid;
use carillon_http::Problem;
use carillon_store::{Filter, Scope, View};
use http::StatusCode;
use sha2::{Digest, Sha256};

/// Changes with the format, so that an old cursor is refused rather than misread.
const VERSION: u8 = 2;
/// Bytes that tell whether a cursor is this list's, and unaltered. No secret: whoever forges one moves about in their
/// own list.
const CHECK: usize = 8;

/// What a cursor is good for: whose list, which view of it, and which filter.
pub(crate) struct List(Sha256);

impl List {
    pub(crate) fn of(scope: &Scope, view: View, filter: &Filter) -> Self {
        let account = scope.account.as_ref().map(|account| account.as_str());
        let whose = (scope.tenant.as_str(), scope.user.as_str(), account);
        // JSON, because it keeps what a user chose apart from what comes beside it.
        let all = serde_json::to_vec(&(whose, format!("{view:?}"), filter)).unwrap_or_default();
        Self(Sha256::new_with_prefix(all))
    }

    fn check(&self, ulid: [u8; 16]) -> [u8; CHECK] {
        let mut check = [0; CHECK];
        let hash = self.0.clone().chain_update(ulid).finalize();
        check.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        check
    }

    /// Writes the position after the last item of a page.
    pub(crate) fn write(&self, ulid: Ulid) -> String {
        let ulid = ulid.to_bytes();
        let mut bytes = vec![VERSION];
        bytes.extend(self.check(ulid));
        bytes.extend(ulid);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads it back: 400 for anything this list did not hand out.
    pub(crate) fn read(&self, cursor: &str) -> Result<Ulid, Problem> {
        let parsed = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (version, rest) = bytes.split_first()?;
            let (check, rest) = rest.split_first_chunk::<CHECK>()?;
            let ulid: [u8; 16] = rest.try_into().ok()?;
            let ours = *version == VERSION && *check == self.check(ulid);
            ours.then(|| Ulid::from_bytes(ulid))
        };
        let detail = "the cursor is not one that this list gave";
        parsed()
            .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor", detail).field("cursor"))
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::{AccountId, TenantId, UserId};

    use super::*;

    fn list(tenant: &str, user: &str, account: Option<&str>, view: View, tags: &[&str]) -> List {
        let scope = Scope {
            tenant: TenantId::parse(tenant).unwrap(),
            user: UserId::parse(user).unwrap(),
            account: account.map(|account| AccountId::parse(account).unwrap()),
        };
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        List::of(&scope, view, &Filter { tags, ..Filter::default() })
    }

    #[test]
    fn a_cursor_is_good_for_the_list_that_gave_it_only() {
        let at = Ulid::from_parts(1, 2);
        let ann = list("acme", "ann", None, View::Current, &["a"]);
        let cursor = ann.write(at);
        assert_eq!(ann.read(&cursor), Ok(at));
        for other in [
            list("acme", "bob", None, View::Current, &["a"]),
            list("other", "ann", None, View::Current, &["a"]),
            list("acme", "ann", Some("work"), View::Current, &["a"]),
            list("acme", "ann", None, View::Archived, &["a"]),
            list("acme", "ann", None, View::Current, &[]),
            list("acme", "ann", None, View::Current, &["a", "b"]),
        ] {
            assert_eq!(other.read(&cursor).unwrap_err().code, "invalid_cursor");
        }
        for bad in ["", "x", &cursor[1..], &format!("{cursor}A"), "%%%"] {
            assert_eq!(ann.read(bad).unwrap_err().status, 400, "{bad}");
        }
    }

    #[test]
    fn an_altered_cursor_or_one_of_another_format_is_refused() {
        let ann = list("acme", "ann", None, View::Current, &[]);
        let bytes = URL_SAFE_NO_PAD.decode(ann.write(Ulid::from_parts(1, 2))).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(ann.read(&URL_SAFE_NO_PAD.encode(altered)).is_err(), "bit {bit}");
        }
    }
}
