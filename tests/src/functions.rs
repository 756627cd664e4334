//! Real bootstraps on a Runtime API of the test's own, for what can only be seen from beside a function: a kill at an
//! exact point, a redelivery, an order of messages, the number of calls.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::{Bootstrap, RuntimeApi};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{Answer, Queue, Tenant, text};

/// Starts functions of a tenant's stack.
pub struct Functions<'a> {
    tenant: &'a Tenant,
    secret: String,
}

impl<'a> Functions<'a> {
    /// With a secret of its own that accepts the stack's tokens, and tokens of any keys given besides.
    ///
    /// # Errors
    /// If the secret cannot be made.
    pub async fn of(tenant: &'a Tenant, mut keys: Vec<Value>) -> Result<Self> {
        let own = &tenant.stack.auth_secret;
        let secret = URL_SAFE_NO_PAD.encode(&own.secret);
        keys.push(json!({"kid": own.kid, "alg": "HS256", "secret": secret, "tenants": ["*"]}));
        let document = json!({"issuer": own.issuer, "keys": keys});
        let name = format!("e2e/{}", ulid::Ulid::generate());
        let create = tenant.aws.secrets.create_secret().name(&name).secret_string(document.to_string());
        create.send().await.context("creating a secret")?;
        Ok(Self { tenant, secret: name })
    }

    /// A function with all that any of them reads, on the stack's tables and queues.
    #[must_use]
    pub fn function(&self, name: &str) -> Bootstrap {
        let stack = &self.tenant.stack;
        let table = |name: &str| stack.tables.get(name).cloned().unwrap_or_default();
        let queue = |name: &str| stack.queues.get(name).cloned().unwrap_or_default();
        let output = |name: &str| stack.outputs.get(name).cloned().unwrap_or_default();
        let arn = |name: &str| stack.schedules.target_arn.replace("-dispatch", &format!("-{name}"));
        RuntimeApi::bootstrap(stack.lambda_dir.join(name).join("bootstrap"))
            .env("AWS_ENDPOINT_URL", &stack.aws_endpoint_url)
            .env("AUTH_SECRET_ID", &self.secret)
            .env("TABLE_INBOX", table("Inbox"))
            .env("TABLE_RECIPIENTS", table("Recipients"))
            .env("TABLE_CATALOG", table("Catalog"))
            .env("TABLE_LEDGER", table("Ledger"))
            .env("TABLE_CONNECTIONS", table("Connections"))
            .env("QUEUE_DISPATCH_URL", queue("dispatch"))
            .env("QUEUE_REALTIME_URL", queue("realtime"))
            .env("QUEUE_PUSH_URL", queue("push"))
            .env("QUEUE_EMAIL_URL", queue("email"))
            .env("QUEUE_SMS_URL", queue("sms"))
            .env("QUEUE_WEBHOOK_URL", queue("webhook"))
            .env("QUEUE_DISPATCH_ARN", &stack.schedules.target_arn)
            .env("QUEUE_DISPATCH_DLQ_ARN", format!("{}-dlq", stack.schedules.target_arn))
            .env("QUEUE_PUSH_ARN", arn("push"))
            .env("QUEUE_PUSH_DLQ_ARN", arn("push-dlq"))
            .env("QUEUE_EMAIL_ARN", arn("email"))
            .env("QUEUE_EMAIL_DLQ_ARN", arn("email-dlq"))
            .env("QUEUE_SMS_ARN", arn("sms"))
            .env("QUEUE_SMS_DLQ_ARN", arn("sms-dlq"))
            .env("EMAIL_FROM", "carillon@example.com") // Who may send locally, as deploy.py says.
            .env("EMAIL_DOMAINS", "*=example.com")
            .env("CONFIGURATION_SET", output("ConfigurationSet"))
            .env("UNSUBSCRIBE_SECRET_ID", output("UnsubscribeSecretArn"))
            .env("PUBLIC_URL", &stack.http_url)
            .env("SMS_ENABLED", "true")
            .env("FCM_URL", format!("{}/fcm", stack.sinks_url))
            .env("FCM_SECRET_ID", output("FcmSecretArn"))
            .env("RETRY_SECONDS", "1,1,1,2,2,3,5,10,10") // As the local run has it.
            .env("VAPID_SECRET_ID", output("VapidSecretArn"))
            .env("VAPID_PUBLIC_KEY", &stack.vapid_public_key)
            .env("LOOPBACK_ALLOWED", stack.sinks_url.trim_start_matches("http://"))
            .env("SCHEDULE_GROUP", &stack.schedules.group)
            .env("SCHEDULE_ROLE_ARN", &stack.schedules.role_arn)
            .env("WEBSOCKET_ENDPOINT", stack.ws_url.replacen("ws", "http", 1))
    }

    /// Posts through an ingest of the test's own whose messages no deployed function reads; returns the ids' answer
    /// and the message for dispatch.
    ///
    /// # Errors
    /// If the post is not accepted.
    pub async fn capture(&self, bodies: &[Value]) -> Result<Vec<(Value, String)>> {
        let queue = Queue::create(&self.tenant.aws).await?;
        let ingest = self.function("ingest").env("QUEUE_DISPATCH_URL", queue.url()).start().await?;
        let token =
            self.tenant.tokens.sign(&self.tenant.tokens.claims(&self.tenant.id, "shop", crate::PRODUCE))?;
        let mut captured = Vec::new();
        for body in bodies {
            let event = http_event("POST", "/v1/notifications", &token, &[], &body.to_string());
            let answer = answer(&ingest.invoke(event).await?)?.ok()?;
            captured.push((answer, queue.receive().await?));
        }
        Ok(captured)
    }

    /// [`Self::capture`] of one plain notification: its id and its message.
    ///
    /// # Errors
    /// If the post is not accepted.
    pub async fn capture_one(&self, user: &str, title: &str) -> Result<(String, String)> {
        let body = json!({"type": "chat_message", "recipient": user, "title": title});
        let (answer, message) = self.capture(&[body]).await?.pop().context("nothing captured")?;
        Ok((text(&answer, "id")?.to_owned(), message))
    }
}

/// An API Gateway HTTP API request, payload format 2.0.
#[must_use]
pub fn http_event(method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let mut all = json!({"content-type": "application/json", "host": "api.example.com"});
    if !token.is_empty() {
        all["authorization"] = json!(format!("Bearer {token}"));
    }
    for (name, value) in headers {
        all[name] = json!(value);
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": all,
        "requestContext": {
            "accountId": "000000000000", "apiId": "local", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "e2e",
            },
            "requestId": "e2e", "routeKey": "$default", "stage": "$default",
            "time": "12/Mar/2025:19:03:58 +0000", "timeEpoch": 1_741_806_238_000_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// An SQS batch; the messages' ids are `m0`, `m1`, ….
#[must_use]
pub fn sqs_event(bodies: &[&str]) -> Value {
    let records = bodies.iter().enumerate().map(|(index, body)| {
        json!({
            "messageId": format!("m{index}"), "receiptHandle": format!("r{index}"), "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1", "SentTimestamp": "1741806238000", "SenderId": "e2e",
                "ApproximateFirstReceiveTimestamp": "1741806238000",
            },
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:e2e",
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// What API Gateway asks a REQUEST authorizer of `$connect`.
#[must_use]
pub fn connect_event(token: &str) -> Value {
    json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:000000000000:ws/prod/$connect",
        "headers": {"Host": "ws.example.com"}, "multiValueHeaders": {"Host": ["ws.example.com"]},
        "queryStringParameters": {"token": token}, "multiValueQueryStringParameters": {"token": [token]},
        "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "extendedRequestId": "e2e", "messageDirection": "IN",
            "requestTime": "12/Mar/2025:19:03:58 +0000", "requestTimeEpoch": 1_741_806_238_000_i64,
            "connectedAt": 1_741_806_238_000_i64, "stage": "prod", "requestId": "e2e", "apiId": "ws",
            "domainName": "ws.example.com", "connectionId": "e2e=", "identity": {"sourceIp": "127.0.0.1"},
        },
    })
}

/// The ids of the messages that a batch handler gives back.
#[must_use]
pub fn failed(reply: &Value) -> Vec<&str> {
    let failures = reply["batchItemFailures"].as_array().map(Vec::as_slice).unwrap_or_default();
    failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect()
}

/// Reads a function's answer to an HTTP API as the client would see it.
///
/// # Errors
/// If it is none.
pub fn answer(reply: &Value) -> Result<Answer> {
    let status = reply.get("statusCode").and_then(Value::as_u64).context("no statusCode")?;
    let mut headers = HeaderMap::new();
    for (name, value) in reply.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = HeaderValue::from_str(value.as_str().context("a header that is no text")?)?;
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    }
    let body = match reply.get("body").and_then(Value::as_str) {
        None | Some("") => Value::Null,
        Some(body) => serde_json::from_str(body)?,
    };
    Ok(Answer { status: u16::try_from(status)?, headers, body })
}
