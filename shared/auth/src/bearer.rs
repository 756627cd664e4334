//! The `Authorization` header.

use crate::error::AuthError;

/// The token of an `Authorization` header's value. The scheme's case does not matter (RFC 9110 §11.1).
///
/// # Errors
/// [`AuthError::Missing`] without a header, [`AuthError::Scheme`] if it is no `Bearer <token>`.
pub fn bearer(authorization: Option<&str>) -> Result<&str, AuthError> {
    let value = authorization.ok_or(AuthError::Missing)?.trim_ascii();
    let (scheme, token) = value.split_once(' ').ok_or(AuthError::Scheme)?;
    let token = token.trim_ascii();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(AuthError::Scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_bearer_in_any_case_and_nothing_else() {
        for good in ["Bearer abc", "bearer abc", "BEARER  abc ", " Bearer abc"] {
            assert_eq!(bearer(Some(good)), Ok("abc"), "{good:?}");
        }
        assert_eq!(bearer(None), Err(AuthError::Missing));
        for bad in ["", "Bearer", "Bearer ", "abc", "Basic abc", "Bearerabc", "\u{e9} abc"] {
            assert_eq!(bearer(Some(bad)), Err(AuthError::Scheme), "{bad:?}");
        }
    }
}
