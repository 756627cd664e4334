//! Tokens that must not open anything, by REST and by socket.

use anyhow::Result;
use carillon_testkit::FunctionError;
use carillon_tests::{
    ConnectError, Functions, INBOX, PRODUCE, Socket, Tenant, answer, connect_event, http_event, now,
    private_key, public_key, sign, unsigned,
};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// Every way to get a token wrong that needs nothing but the stack's own key, by name.
fn bad_tokens(tenant: &Tenant, audience: &str) -> Result<Vec<(&'static str, String)>> {
    let good = tenant.tokens.claims(&tenant.id, "alice", audience);
    let kid = tenant.stack.auth_secret.kid.as_str();
    let now = now().as_second();
    let with = |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        tenant.tokens.sign(&claims)
    };
    let without = |claim: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().map(|claims| claims.remove(claim));
        tenant.tokens.sign(&claims)
    };
    let wrong_key = EncodingKey::from_secret(b"not the key, but just as long as one could wish for");
    let rsa_as_secret = EncodingKey::from_secret(public_key("rs256")?.as_bytes());
    let signed = tenant.tokens.sign(&good)?;
    let mut parts: Vec<&str> = signed.split('.').collect();
    let other = with("sub", json!("bob"))?;
    if let (Some(payload), Some(theirs)) = (parts.get_mut(1), other.split('.').nth(1)) {
        *payload = theirs;
    }
    let other_audience = if audience == INBOX { PRODUCE } else { INBOX };
    Ok(vec![
        ("signed by the wrong key", sign(Algorithm::HS256, Some(kid), &wrong_key, &good)?),
        ("signed by an unknown key", sign(Algorithm::HS256, Some("nobody"), &wrong_key, &good)?),
        ("alg none", unsigned(kid, &good)),
        ("an RSA public key as the HS256 secret", sign(Algorithm::HS256, Some(kid), &rsa_as_secret, &good)?),
        (
            "an RSA token under the HS256 key's id",
            sign(Algorithm::RS256, Some(kid), &private_key("rs256")?, &good)?,
        ),
        ("expired", with("exp", json!(now - 60))?),
        ("without expiry", without("exp")?),
        ("not valid yet", with("nbf", json!(now + 600))?),
        ("without tenant", without("tenant")?),
        ("tenant is null", with("tenant", Value::Null)?),
        ("tenant is empty", with("tenant", json!(""))?),
        ("tenant is a list", with("tenant", json!([tenant.id]))?),
        ("without subject", without("sub")?),
        ("from another issuer", with("iss", json!("https://evil.example.com"))?),
        ("without issuer", without("iss")?),
        ("for the other audience", with("aud", json!(other_audience))?),
        ("without audience", without("aud")?),
        ("with somebody else's payload", parts.join(".")),
        ("without signature", format!("{}.", parts[..2].join("."))),
        ("no token at all", "x".to_owned()),
        ("very long", "x".repeat(6000)),
    ])
}

#[tokio::test]
async fn rest_refuses_bad_tokens() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let post = json!({"type": "chat_message", "recipient": "alice", "title": "forged"});
    for (case, token) in bad_tokens(&tenant, INBOX)? {
        let answer = tenant.anonymous().with_token(token).get("/api/notifications").await?;
        answer.problem(401, "unauthenticated").map_err(|error| error.context(case))?;
    }
    for (case, token) in bad_tokens(&tenant, PRODUCE)? {
        let answer = tenant.anonymous().with_token(token).post("/v1/notifications", &post).await?;
        answer.problem(401, "unauthenticated").map_err(|error| error.context(case))?;
    }
    let anonymous = tenant.anonymous().anonymous();
    anonymous.get("/api/notifications").await?.problem(401, "unauthenticated")?;
    anonymous.post("/v1/notifications", &post).await?.problem(401, "unauthenticated")?;
    assert_eq!(tenant.rows("Inbox", "alice").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_socket_refuses_bad_tokens_before_the_upgrade() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let url = &tenant.stack.ws_url;
    for (case, token) in bad_tokens(&tenant, INBOX)? {
        match Socket::connect(&format!("{url}?token={token}")).await {
            Err(ConnectError::Refused(401)) => {}
            other => anyhow::bail!("{case}: {other:?}"),
        }
    }
    for url in [url.clone(), format!("{url}?token=")] {
        assert!(matches!(Socket::connect(&url).await, Err(ConnectError::Refused(401))), "{url}");
    }
    assert_eq!(tenant.rows("Connections", "alice").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn producing_needs_the_scope() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let post = json!({"type": "chat_message", "recipient": "alice", "title": "x"});
    for scope in [json!(null), json!(""), json!("notifications:sendx other"), json!("notifications")] {
        let producer = tenant.producer_with("shop", |claims| claims["scope"] = scope.clone())?;
        let answer = producer.post("/v1/notifications", &post).await?;
        assert!([401, 403].contains(&answer.status), "{scope}: {}", answer.body);
    }
    assert_eq!(tenant.rows("Inbox", "alice").await?.len(), 0);
    Ok(())
}

/// The deployed secret holds one symmetric key; these bootstraps get one with public keys of every kind.
#[tokio::test]
async fn public_keys_verify_their_own_algorithm_and_no_other() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let key = |name: &str, alg: &str, tenants: &str| -> Result<Value> {
        Ok(
            json!({"kid": format!("{name}-{tenants}"), "alg": alg, "public_key": public_key(name)?, "tenants": [tenants]}),
        )
    };
    let keys = vec![
        key("rs256", "RS256", "*")?,
        key("es256", "ES256", "*")?,
        key("eddsa", "EdDSA", "*")?,
        key("rs256", "RS256", "acme")?,
    ];
    let functions = Functions::of(&tenant, keys).await?;
    let inbox = functions.function("inbox-api").start().await?;
    let ingest = functions.function("ingest").start().await?;
    let authorizer = functions.function("ws-authorizer").start().await?;
    let statuses = async |inbox_token: &str, produce_token: &str| -> Result<[u16; 3]> {
        let list = http_event("GET", "/api/notifications", inbox_token, &[], "");
        let trace = format!("/v1/notifications/ntf_{}YW5u", ulid::Ulid::generate());
        let trace = http_event("GET", &trace, produce_token, &[], "");
        let upgrade = match authorizer.invoke(connect_event(inbox_token)).await {
            Ok(policy) if policy["policyDocument"]["Statement"][0]["Effect"] == "Allow" => 200,
            // API Gateway turns exactly this message into a 401.
            Err(FunctionError::Reported { message, .. }) if message == "Unauthorized" => 401,
            other => anyhow::bail!("the authorizer said {other:?}"),
        };
        Ok([
            answer(&inbox.invoke(list).await?)?.status,
            answer(&ingest.invoke(trace).await?)?.status,
            upgrade,
        ])
    };
    let (as_user, as_producer) =
        (tenant.tokens.claims(&tenant.id, "ann", INBOX), tenant.tokens.claims(&tenant.id, "shop", PRODUCE));
    let both = async |algorithm, kid: &str, key: &EncodingKey| {
        let user = sign(algorithm, Some(kid), key, &as_user)?;
        statuses(&user, &sign(algorithm, Some(kid), key, &as_producer)?).await
    };

    let kinds = [("rs256", Algorithm::RS256), ("es256", Algorithm::ES256), ("eddsa", Algorithm::EdDSA)];
    for (name, algorithm) in kinds {
        let kid = format!("{name}-*");
        assert_eq!(both(algorithm, &kid, &private_key(name)?).await?, [200, 404, 200], "{name}");
        let other = private_key(&format!("{name}-other"))?;
        assert_eq!(both(algorithm, &kid, &other).await?, [401; 3], "{name} signed by the wrong key");
        let confused = EncodingKey::from_secret(public_key(name)?.as_bytes());
        assert_eq!(
            both(Algorithm::HS256, &kid, &confused).await?,
            [401; 3],
            "HS256 with {name}'s public key"
        );
        let trimmed = EncodingKey::from_secret(public_key(name)?.trim_end().as_bytes());
        assert_eq!(
            both(Algorithm::HS256, &kid, &trimmed).await?,
            [401; 3],
            "the same without the last newline"
        );
        let none = [unsigned(&kid, &as_user), unsigned(&kid, &as_producer)];
        assert_eq!(statuses(&none[0], &none[1]).await?, [401; 3], "alg none under {name}'s key");
    }
    let crossed = both(Algorithm::ES256, "rs256-*", &private_key("es256")?).await?;
    assert_eq!(crossed, [401; 3], "ES256 under an RSA key's id");
    let foreign = both(Algorithm::RS256, "rs256-acme", &private_key("rs256")?).await?;
    assert_eq!(foreign, [401; 3], "a key that may sign for acme only");
    Ok(())
}
