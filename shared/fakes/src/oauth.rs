//! Google's token endpoint, for service accounts (RFC 7523).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Reply;
use crate::state::{Incoming, State};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Seconds that an assertion may be good for, and an access token is.
const HOUR: i64 = 3600;
/// Seconds by which clocks may differ.
const SKEW: i64 = 300;

/// A refusal, as of RFC 6749: `invalid_grant` is 400, `invalid_client` 401.
#[must_use]
pub fn oauth_error(code: &str) -> Reply {
    refusal(code, "refused on purpose")
}

fn refusal(code: &str, description: &str) -> Reply {
    let status = if code == "invalid_client" { 401 } else { 400 };
    Reply::new(status).body(json!({"error": code, "error_description": description}))
}

pub(crate) fn answer(incoming: &Incoming, state: &State) -> Reply {
    if incoming.uri.path() != "/oauth/token" {
        return Reply::new(404);
    }
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(&incoming.body);
        fields.find(|(each, _)| each == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    if field("grant_type") != GRANT {
        return refusal("unsupported_grant_type", "Invalid grant_type");
    }
    if let Err(why) = assertion(&field("assertion"), incoming.now / 1000) {
        return refusal("invalid_grant", why);
    }
    let token = format!("ya29.fake-{}-{}", incoming.now, state.log.borrow().last() + 1);
    Reply::new(200).body(json!({"access_token": token, "expires_in": HOUR, "token_type": "Bearer"}))
}

/// All that Google wants of an assertion but the signature: nobody here has the account's public key.
fn assertion(text: &str, now: i64) -> Result<(), &'static str> {
    let parts: Vec<Vec<u8>> =
        text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap_or_default()).collect();
    let [header, claims, signature] = parts.as_slice() else { return Err("Not a JWT") };
    let [header, claims] =
        [header, claims].map(|part| serde_json::from_slice::<Value>(part).unwrap_or_default());
    let number = |name: &str| claims[name].as_i64().unwrap_or(0);
    let is_text = |name: &str| claims[name].as_str().is_some_and(|text| !text.is_empty());
    if header["alg"] != "RS256" || signature.len() < 256 {
        return Err("Invalid JWT Signature.");
    }
    if !is_text("iss") || !is_text("scope") {
        return Err("Invalid JWT: iss and scope are required");
    }
    if !claims["aud"].as_str().is_some_and(|aud| aud.ends_with("/oauth/token")) {
        return Err("Invalid JWT: aud must be the token endpoint");
    }
    let (iat, exp) = (number("iat"), number("exp"));
    if iat > now + SKEW || exp < now || exp - iat > HOUR || exp <= iat {
        return Err(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
        );
    }
    Ok(())
}
