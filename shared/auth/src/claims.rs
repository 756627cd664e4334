//! What a verified token says, parsed into ids.

use std::collections::BTreeSet;

use carillon_domain::{AccountId, OrgId, TenantId, UserId};
use serde::Deserialize;

use crate::error::AuthError;
use crate::limits::{EXP_LEEWAY, NOT_YET_LEEWAY};
use crate::tenants::Tenants;

/// What a token must be meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// End users: `/api` and the socket.
    Inbox,
    /// Producers: `/v1`.
    Produce,
}

impl Audience {
    /// The value in `aud`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "carillon:inbox",
            Self::Produce => "carillon:produce",
        }
    }
}

/// A caller. Only a verified token makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `tenant`.
    pub tenant: TenantId,
    /// `sub`: the end user, or the producer.
    pub user: UserId,
    /// `account`, where the token is for one account only.
    pub account: Option<AccountId>,
    /// `org`.
    pub org: Option<OrgId>,
    /// `scope`, split at spaces.
    pub scopes: BTreeSet<String>,
    /// `exp` in seconds since the epoch, without leeway: when a socket ends.
    pub exp: i64,
}

/// Unknown claims are ignored; one that is named twice is refused by serde, so no two readers can differ.
#[derive(Deserialize)]
struct Raw {
    iss: Option<String>,
    aud: Option<OneOrMany>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    tenant: Option<String>,
    sub: Option<String>,
    account: Option<String>,
    org: Option<String>,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// Checks the payload of a token whose signature is good.
    pub(crate) fn check(
        payload: &[u8],
        issuer: &str,
        audience: Audience,
        tenants: &Tenants,
        now: i64,
    ) -> Result<Self, AuthError> {
        let raw: Raw = serde_json::from_slice(payload).map_err(|_| AuthError::Claims)?;
        if required("iss", raw.iss)? != issuer {
            return Err(AuthError::Issuer);
        }
        let wanted = audience.as_str();
        let for_us = match required("aud", raw.aud)? {
            OneOrMany::One(one) => one == wanted,
            OneOrMany::Many(many) => many.iter().any(|one| one == wanted),
        };
        if !for_us {
            return Err(AuthError::Audience);
        }
        let exp = seconds(required("exp", raw.exp)?.floor());
        if now >= exp.saturating_add(EXP_LEEWAY) {
            return Err(AuthError::Expired);
        }
        let latest = now.saturating_add(NOT_YET_LEEWAY);
        if [raw.nbf, raw.iat].into_iter().flatten().any(|time| seconds(time.ceil()) > latest) {
            return Err(AuthError::NotYetValid);
        }
        let tenant = required("tenant", raw.tenant)?;
        let tenant = TenantId::parse(&tenant).map_err(|_| AuthError::InvalidClaim("tenant"))?;
        if !tenants.include(&tenant) {
            return Err(AuthError::TenantNotAllowed);
        }
        let user = required("sub", raw.sub)?;
        let user = UserId::parse(&user).map_err(|_| AuthError::InvalidClaim("sub"))?;
        let account = raw.account.as_deref().map(AccountId::parse).transpose();
        let account = account.map_err(|_| AuthError::InvalidClaim("account"))?;
        let org = raw.org.as_deref().map(OrgId::parse).transpose();
        let org = org.map_err(|_| AuthError::InvalidClaim("org"))?;
        let scopes =
            raw.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned).collect();
        Ok(Self { tenant, user, account, org, scopes, exp })
    }

    /// Whether the token has a scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// Refuses a token without a scope.
    ///
    /// # Errors
    /// [`AuthError::MissingScope`], a 403.
    pub fn require_scope(&self, scope: &'static str) -> Result<(), AuthError> {
        if self.has_scope(scope) { Ok(()) } else { Err(AuthError::MissingScope(scope)) }
    }

    /// `X-Tenant-ID`, `X-User-ID` and `X-Account-ID`, where they are sent, must say what the token says. Bytes, not
    /// text: a value that is no text must not pass for one that was not sent.
    ///
    /// # Errors
    /// [`AuthError::HeaderMismatch`], a 403.
    pub fn header_claims_match(
        &self,
        x_tenant: Option<&[u8]>,
        x_user: Option<&[u8]>,
        x_account: Option<&[u8]>,
    ) -> Result<(), AuthError> {
        let account = self.account.as_ref().map(AccountId::as_str);
        let pairs = [
            ("X-Tenant-ID", x_tenant, Some(self.tenant.as_str())),
            ("X-User-ID", x_user, Some(self.user.as_str())),
            ("X-Account-ID", x_account, account),
        ];
        for (name, sent, claim) in pairs {
            if sent.is_some() && sent != claim.map(str::as_bytes) {
                return Err(AuthError::HeaderMismatch(name));
            }
        }
        Ok(())
    }
}

fn required<T>(name: &'static str, claim: Option<T>) -> Result<T, AuthError> {
    claim.ok_or(AuthError::MissingClaim(name))
}

/// A `NumericDate` (RFC 7519 §2) may have a fraction; what is beyond `i64` is as far away as can be.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
fn seconds(time: f64) -> i64 {
    time as i64
}
