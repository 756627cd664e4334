//! Who is asking.

use carillon_auth::{Audience, Auth, Claims, bearer};
use carillon_domain::Millis;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::Problem;

/// Verifies the bearer token. Tenant and user come from it and from nowhere else: where `X-Tenant-ID`, `X-User-ID`
/// or `X-Account-ID` are sent, they must say the same.
pub async fn authenticate(
    auth: &Auth,
    headers: &HeaderMap,
    audience: Audience,
    now: Millis,
) -> Result<Claims, Problem> {
    let token = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let claims = auth.verify(bearer(token)?, audience, now.seconds()).await?;
    let bytes = |name: &str| headers.get(name).map(http::HeaderValue::as_bytes);
    claims.header_claims_match(bytes("x-tenant-id"), bytes("x-user-id"), bytes("x-account-id"))?;
    Ok(claims)
}
