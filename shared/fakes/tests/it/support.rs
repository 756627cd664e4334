//! Clients of the fakes, as the code under test is one.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_fakes::Running;
use reqwest::{Client, ClientBuilder, Response};
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn builder() -> ClientBuilder {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

pub(crate) fn http1() -> Client {
    builder().build().unwrap()
}

pub(crate) fn http2() -> Client {
    builder().http2_prior_knowledge().build().unwrap()
}

fn assertion(lifetime: i64) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let claims =
        json!({"iss": "a@b", "scope": "s", "aud": "http://x/oauth/token", "iat": now, "exp": now + lifetime});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({"alg": "RS256"})), part(&claims), URL_SAFE_NO_PAD.encode([0; 256]))
}

pub(crate) async fn grant(client: &Client, sinks: &Running, lifetime: i64) -> Result<Response> {
    let form = [("grant_type", GRANT), ("assertion", &assertion(lifetime))];
    Ok(client.post(format!("{}/oauth/token", sinks.url())).form(&form).send().await?)
}

pub(crate) async fn token(client: &Client, sinks: &Running) -> Result<String> {
    let answer: Value = grant(client, sinks, 3600).await?.json().await?;
    assert_eq!(answer["expires_in"], 3600);
    Ok(answer["access_token"].as_str().unwrap().to_owned())
}

pub(crate) async fn push(
    client: &Client,
    sinks: &Running,
    token: &str,
    message: &Value,
) -> Result<(u16, Value)> {
    let url = format!("{}/fcm/v1/projects/p/messages:send", sinks.url());
    let answer = client.post(url).bearer_auth(token).json(&json!({"message": message})).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.json().await.unwrap_or_default()))
}
