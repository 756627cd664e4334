//! The decision.

use aws_lambda_events::event::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use carillon_auth::{Audience, Auth, AuthError};
use carillon_domain::{Millis, SocketContext};
use serde_json::{Value, json};

/// API Gateway answers 401 to exactly this error text, and 500 to any other.
const UNAUTHORIZED: &str = "Unauthorized";

/// Allows the connection, with its claims as context; or fails in the way that API Gateway turns into a 401 before
/// the upgrade.
pub(crate) async fn authorize(
    auth: &Auth,
    event: &ApiGatewayCustomAuthorizerRequestTypeRequest,
    now: Millis,
) -> Result<Value, &'static str> {
    let token = event.query_string_parameters.first("token").unwrap_or_default();
    let verified = if token.is_empty() {
        Err(AuthError::Missing)
    } else {
        auth.verify(token, Audience::Inbox, now.seconds()).await
    };
    // A socket ends when its token does, so there is no leeway for one that has.
    let claims = match verified
        .and_then(|claims| if claims.exp <= now.seconds() { Err(AuthError::Expired) } else { Ok(claims) })
    {
        Ok(claims) => claims,
        Err(error) => {
            tracing::info!(code = error.code(), reason = error.metric_label(), "refused");
            return Err(if error.retryable() { "Unavailable" } else { UNAUTHORIZED });
        }
    };
    let context = SocketContext {
        tenant: claims.tenant,
        user: claims.user,
        account: claims.account,
        expires_at: Millis(0).plus_seconds(claims.exp),
    };
    Ok(json!({
        "principalId": context.user,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Action": ["execute-api:Invoke"], "Effect": "Allow", "Resource": [event.method_arn],
            }],
        },
        "context": context.to_map(),
    }))
}

#[cfg(test)]
mod tests {
    use carillon_auth::{JwksUrls, SecretDocument};
    use jsonwebtoken::{EncodingKey, Header, encode};

    use super::*;

    const NOW: Millis = Millis(1_700_000_000_000);
    const SECRET: &str = "a secret of the tests, more than 32 bytes long";

    async fn authorized(claims: Option<Value>) -> Result<Value, &'static str> {
        let document = json!({"issuer": "tests", "generated": SECRET, "keys": []}).to_string();
        let auth = Auth::fixed(SecretDocument::parse(&document, JwksUrls::HttpsOnly).unwrap());
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/ws-authorizer.json")).unwrap();
        event["queryStringParameters"] = match claims {
            Some(claims) => {
                let key = EncodingKey::from_secret(SECRET.as_bytes());
                json!({"token": encode(&Header::default(), &claims, &key).unwrap()})
            }
            None => json!({}),
        };
        authorize(&auth, &serde_json::from_value(event).unwrap(), NOW).await
    }

    fn claims(exp: i64) -> Value {
        json!({"iss": "tests", "aud": "carillon:inbox", "sub": "ann", "tenant": "acme", "exp": exp})
    }

    #[tokio::test]
    async fn a_good_token_opens_the_route_it_came_for_and_its_claims_go_along() {
        let allowed = authorized(Some(claims(NOW.seconds() + 60))).await.unwrap();
        assert_eq!(allowed["context"], json!({"tenant": "acme", "user": "ann", "exp": "1700000060"}));
        let statement = &allowed["policyDocument"]["Statement"][0];
        assert_eq!(statement["Effect"], "Allow");
        assert!(statement["Resource"][0].as_str().unwrap().ends_with("/$connect"));
    }

    #[tokio::test]
    async fn anything_else_is_a_401() {
        let mut producer = claims(NOW.seconds() + 60);
        producer["aud"] = json!("carillon:produce");
        for claims in [None, Some(claims(NOW.seconds())), Some(claims(NOW.seconds() - 60)), Some(producer)] {
            assert_eq!(authorized(claims).await.unwrap_err(), "Unauthorized");
        }
    }
}
