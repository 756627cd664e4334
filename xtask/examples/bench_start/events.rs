//! What each function is invoked with. Messages and contexts come from the functions that make them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::RuntimeApi;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::aws::{Aws, ISSUER, SECRET};
use crate::measure;

/// Type and recipient: to alice's sockets.
const BOOKING: (&str, &str) = ("booking_confirmed", "alice");
/// To bob's phone, whether he has a socket or not.
const PAYMENT: (&str, &str) = ("payment_received", "bob");

/// Everything that an invocation needs.
pub(crate) struct Stage {
    pub(crate) aws: Aws,
    /// Makes a new dispatch message for every run of dispatch.
    ingest: RuntimeApi,
    /// Makes a new row and message for every run of send-push.
    dispatch: RuntimeApi,
    /// Made by dispatch.
    realtime: String,
    /// Made by ws-authorizer.
    context: Value,
}

impl Stage {
    /// Plays a notification through once: its connection row, its messages and its rows are then there.
    pub(crate) async fn set(binaries: &[PathBuf]) -> Result<Self> {
        let folder = binaries.first().and_then(|binary| binary.parent()).context("no binaries")?;
        let aws = Aws::start().await?;
        let start = async |name: &str| measure::start(&aws, &folder.join(name)).await;
        let authorizer = start("ws-authorizer").await?;
        let verdict = authorizer.invoke(authorize()?).await?;
        let context = verdict.get("context").cloned().with_context(|| format!("ws-authorizer: {verdict}"))?;
        let connected =
            start("ws-connect").await?.invoke(socket("CONNECT", "$connect", None, &context)).await?;
        succeeded("ws-connect", &connected)?;
        let ingest = start("ingest").await?;
        succeeded("ingest", &ingest.invoke(post(BOOKING)?).await?)?;
        let message = aws.latest("dispatch").await.context("ingest sent no message")?;
        let dispatch = start("dispatch").await?;
        succeeded("dispatch", &dispatch.invoke(sqs(&message)).await?)?;
        let realtime = aws.latest("realtime").await.context("dispatch sent no message")?;
        let phone = json!({"token": "phone", "platform": "android"}).to_string();
        let register = http("POST", "/api/push/register", &token("carillon:inbox", "bob", "")?, Some(&phone));
        succeeded("inbox-api", &start("inbox-api").await?.invoke(register).await?)?;
        Ok(Self { aws, ingest, dispatch, realtime, context })
    }

    pub(crate) async fn event(&self, function: &str) -> Result<Value> {
        Ok(match function {
            "ingest" => post(BOOKING)?,
            "dispatch" => self.posted(BOOKING).await?,
            "send-push" => {
                let message = self.posted(PAYMENT).await?;
                succeeded("dispatch", &self.dispatch.invoke(message).await?)?;
                sqs(&self.aws.latest("push").await.context("dispatch sent no push")?)
            }
            "send-realtime" => sqs(&self.realtime),
            "ws-authorizer" => authorize()?,
            "ws-connect" => socket("CONNECT", "$connect", None, &self.context),
            "ws-disconnect" => socket("DISCONNECT", "$disconnect", None, &self.context),
            "ws-message" => socket(
                "MESSAGE",
                "$default",
                Some(r#"{"action":"get_unread_count","id":"1"}"#),
                &self.context,
            ),
            "inbox-api" => http("GET", "/api/notifications", &token("carillon:inbox", "alice", "")?, None),
            "admin-api" => {
                http("GET", "/v1/settings", &token("carillon:produce", "admin", "notifications:admin")?, None)
            }
            other => anyhow::bail!("no event for {other}: add one to {}", file!()),
        })
    }

    /// A new message for dispatch.
    async fn posted(&self, what: (&str, &str)) -> Result<Value> {
        self.ingest.invoke(post(what)?).await?;
        Ok(sqs(&self.aws.latest("dispatch").await.context("ingest sent no message")?))
    }
}

/// Refuses an answer that shows that the function did not do its work.
pub(crate) fn succeeded(function: &str, answer: &Value) -> Result<()> {
    let status = answer.get("statusCode").and_then(Value::as_u64);
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(status.is_none_or(|status| status < 300) && failures == 0, "{function} answered {answer}");
    Ok(())
}

/// A binary is named as its function.
pub(crate) fn name(binary: &Path) -> String {
    binary.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn post((kind, recipient): (&str, &str)) -> Result<Value> {
    let body = json!({"type": kind, "recipient": recipient, "title": "Table for two",
        "body": "Friday, 19:00", "data": {"deep_link": "app://bookings/1"}});
    let token = token("carillon:produce", "producer", "notifications:send")?;
    Ok(http("POST", "/v1/notifications", &token, Some(&body.to_string())))
}

/// An HTTP API's event, payload format 2.0.
pub(crate) fn http(method: &str, path: &str, token: &str, body: Option<&str>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": query,
        "headers": {"authorization": format!("Bearer {token}"), "content-type": "application/json",
            "host": "api.example.com", "x-forwarded-proto": "https"},
        "requestContext": {"accountId": "000000000000", "apiId": "api", "domainName": "api.example.com",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "bench"},
            "requestId": "request", "routeKey": format!("{method} {path}"), "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_i64},
        "body": body, "isBase64Encoded": false
    })
}

fn sqs(body: &str) -> Value {
    json!({"Records": [{
        "messageId": "00000000-0000-0000-0000-000000000001", "receiptHandle": "receipt", "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000", "SenderId": "bench",
            "ApproximateFirstReceiveTimestamp": "1767225600001"},
        "messageAttributes": {}, "md5OfBody": "0".repeat(32), "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench", "awsRegion": "us-east-1"
    }]})
}

fn socket(kind: &str, route: &str, body: Option<&str>, context: &Value) -> Value {
    json!({
        "headers": {}, "multiValueHeaders": {}, "isBase64Encoded": false, "body": body,
        "requestContext": {"routeKey": route, "eventType": kind, "connectionId": "bench-connection=",
            "connectedAt": 1_767_225_600_000_i64, "requestTimeEpoch": 1_767_225_600_000_i64,
            "requestId": "request", "extendedRequestId": "request", "messageDirection": "IN",
            "messageId": "message", "stage": "v1", "apiId": "api",
            "domainName": "api.execute-api.us-east-1.amazonaws.com", "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": context}
    })
}

fn authorize() -> Result<Value> {
    let token = token("carillon:inbox", "alice", "")?;
    let mut event = socket("CONNECT", "$connect", None, &Value::Null);
    let more = json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:000000000000:api/v1/$connect",
        "queryStringParameters": {"token": token}, "multiValueQueryStringParameters": {"token": [token]}
    });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    Ok(event)
}

pub(crate) fn token(audience: &str, subject: &str, scope: &str) -> Result<String> {
    let expiry = jiff::Timestamp::from_second(4_000_000_000)?.as_second();
    let claims = json!({"iss": ISSUER, "aud": audience, "sub": subject, "tenant": "acme", "scope": scope,
        "exp": expiry});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed =
        format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT", "kid": "default"})), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}
