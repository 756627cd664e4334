//! Access tokens for a service account (RFC 7523): <https://developers.google.com/identity/protocols/oauth2/service-account>.

use std::sync::Arc;

use carillon_domain::{Millis, Reason};
use carillon_egress::{Answer, Client, retry_after};
use carillon_sender::Failure;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use jsonwebtoken::{Algorithm, Header, encode};
use serde::{Deserialize, Serialize};

use super::Trouble;
use super::credentials::Credentials;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const HOUR: i64 = 60 * 60;
/// A token is replaced so long before it ends.
const AHEAD_SECONDS: i64 = 300;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Shown with every request.
#[derive(Debug)]
pub(crate) struct Token {
    /// The header's value; marked sensitive, so that it is not shown by `Debug`.
    pub(crate) bearer: HeaderValue,
    /// Whose it is.
    pub(crate) credentials: Arc<Credentials>,
    until: Millis,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default = "an_hour")]
    expires_in: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    error: String,
}

fn an_hour() -> i64 {
    HOUR
}

impl Token {
    /// Whether it holds for a while, for these credentials.
    pub(crate) fn holds(&self, credentials: &Arc<Credentials>, now: Millis) -> bool {
        now < self.until && Arc::ptr_eq(&self.credentials, credentials)
    }
}

/// Gets a new token. A refusal is tried again, too: an account or key that was just made is not known everywhere yet.
pub(crate) async fn fetch(
    client: &Client,
    credentials: Arc<Credentials>,
    now: Millis,
) -> Result<Token, Trouble> {
    let assertion = assertion(&credentials, now)?;
    // Neither part has a character that a form would escape, but for the colons that are escaped here.
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, FORM)]);
    let sent = client.post(&credentials.token_uri, headers, format!("{grant}&assertion={assertion}")).await;
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => return Err(passing(error.code(), None)),
    };
    granted(&answer, credentials, now)
        .map_err(|detail| passing(&detail, retry_after(&answer.headers, now.seconds())))
}

fn assertion(credentials: &Credentials, now: Millis) -> Result<String, Trouble> {
    let Credentials { client_email, token_uri, key, key_id, .. } = credentials;
    let iat = now.seconds();
    let claims = Claims { iss: client_email, scope: SCOPE, aud: token_uri, iat, exp: iat + HOUR };
    let header = Header { kid: key_id.clone(), ..Header::new(Algorithm::RS256) };
    encode(&header, &claims, key).map_err(|_| {
        let detail = "private_key does not sign";
        tracing::error!(code = "fcm_not_configured", detail, "FCM has no usable credentials");
        Trouble::Permanent(Failure::new(Reason::NotConfigured, detail))
    })
}

fn granted(answer: &Answer, credentials: Arc<Credentials>, now: Millis) -> Result<Token, String> {
    if answer.status != StatusCode::OK {
        let says = serde_json::from_slice::<Refused>(&answer.body).unwrap_or_default().error;
        let code = Some(says).filter(|says| is_code(says));
        return Err(code.unwrap_or_else(|| answer.status.as_u16().to_string()));
    }
    let unreadable = || String::from("answer unreadable");
    let granted: Granted = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
    let bearer = HeaderValue::from_str(&format!("Bearer {}", granted.access_token));
    let mut bearer = bearer.map_err(|_| unreadable())?;
    bearer.set_sensitive(true);
    let seconds = granted.expires_in.clamp(0, HOUR) - AHEAD_SECONDS;
    Ok(Token { bearer, credentials, until: now.plus_seconds(seconds) })
}

/// RFC 6749's codes, such as `invalid_grant`; nothing else is repeated.
fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn passing(says: &str, retry_after: Option<i64>) -> Trouble {
    let detail = format!("oauth {says}");
    tracing::warn!(code = "fcm_token_refused", detail, "no access token for FCM");
    Trouble::Passing(Failure { reason: Reason::Unavailable, detail, retry_after })
}
