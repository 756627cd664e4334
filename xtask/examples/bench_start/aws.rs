//! The AWS services behind a function, and FCM, as quick as can be: its own time is what is measured.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use carillon_fakes::{Running, Sinks};
use carillon_testkit::LocalDynamo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// Signs the tokens. Nothing else trusts it.
pub(crate) const SECRET: &str = "only-for-this-benchmark-0123456789abcdef";
pub(crate) const ISSUER: &str = "carillon-bench";

/// The latest message's body by queue.
type Queues = Arc<Mutex<BTreeMap<String, String>>>;

pub(crate) struct Aws {
    endpoint: String,
    dynamo: LocalDynamo,
    queues: Queues,
    sinks: Running,
}

/// For answers: the queues, and where an access token for FCM is had.
#[derive(Clone)]
struct Answers {
    queues: Queues,
    sinks_url: String,
}

impl Aws {
    pub(crate) async fn start() -> Result<Self> {
        let queues = Queues::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let endpoint = format!("http://{}", axum::serve::Listener::local_addr(&listener)?);
        let sinks = Sinks::start().await?;
        let answers = Answers { queues: Arc::clone(&queues), sinks_url: sinks.url().to_owned() };
        let app = Router::new().fallback(answer).with_state(answers);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { endpoint, dynamo: carillon_testkit::dynamodb().await?, queues, sinks })
    }

    /// What the template gives the functions.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("AWS_ENDPOINT_URL".to_owned(), self.endpoint.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.dynamo().endpoint().to_owned()),
            ("WEBSOCKET_ENDPOINT".to_owned(), format!("{}/sockets", self.endpoint)),
            ("AUTH_SECRET_ID".to_owned(), "auth".to_owned()),
            ("FCM_SECRET_ID".to_owned(), "fcm".to_owned()),
            ("FCM_URL".to_owned(), format!("{}/fcm", self.sinks.url())),
            ("LOOPBACK_ALLOWED".to_owned(), self.sinks.authority().to_owned()),
        ];
        for table in ["Inbox", "Recipients", "Connections", "Ledger", "Catalog"] {
            pairs.push((format!("TABLE_{}", table.to_uppercase()), self.dynamo().table(table)));
        }
        for name in ["DISPATCH_ARN", "DISPATCH_DLQ_ARN", "PUSH_ARN", "PUSH_DLQ_ARN"] {
            pairs.push((format!("QUEUE_{name}"), "bench".to_owned()));
        }
        for name in ["ROLE_ARN", "GROUP"] {
            pairs.push((format!("SCHEDULE_{name}"), "bench".to_owned()));
        }
        for queue in ["dispatch", "realtime", "push", "email", "sms", "webhook"] {
            let url = format!("{}/000000000000/{queue}", self.endpoint);
            pairs.push((format!("QUEUE_{}_URL", queue.to_uppercase()), url));
        }
        pairs
    }

    /// For writing rows, and with the table's name.
    pub(crate) fn dynamo(&self) -> &LocalDynamo {
        &self.dynamo
    }

    /// The body of the latest message of a queue.
    pub(crate) async fn latest(&self, queue: &str) -> Option<String> {
        self.queues.lock().await.get(queue).cloned()
    }
}

async fn answer(State(answers): State<Answers>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Answers { queues, sinks_url } = answers;
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = match target.rsplit('.').next().unwrap_or_default() {
        "GetSecretValue" if text(&request, "SecretId") == "fcm" => secret(&account(&sinks_url)),
        "GetSecretValue" => secret(&json!({"issuer": ISSUER, "generated": SECRET, "keys": []})),
        "SendMessage" => {
            keep(&queues, &request, &request).await;
            sent("")
        }
        "SendMessageBatch" => {
            let entries = request.get("Entries").and_then(Value::as_array).cloned().unwrap_or_default();
            for entry in &entries {
                keep(&queues, &request, entry).await;
            }
            json!({"Successful": entries.iter().map(|entry| sent(text(entry, "Id"))).collect::<Vec<_>>(), "Failed": []})
        }
        _ if uri.path().starts_with("/sockets/@connections/") => return StatusCode::OK.into_response(),
        other => {
            eprintln!("    unexpected call: {other} {uri}");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    Json(answer).into_response()
}

async fn keep(queues: &Queues, request: &Value, message: &Value) {
    let queue = text(request, "QueueUrl").rsplit('/').next().unwrap_or_default();
    let body = text(message, "MessageBody").to_owned();
    queues.lock().await.insert(queue.to_owned(), body);
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn sent(id: &str) -> Value {
    let digest = "0".repeat(32);
    json!({"Id": id, "MessageId": "00000000-0000-0000-0000-000000000000", "MD5OfMessageBody": digest})
}

/// As Google gives it.
fn account(sinks_url: &str) -> Value {
    json!({"type": "service_account", "project_id": "bench", "private_key_id": "1", "client_email": "a@example.com",
        "private_key": include_str!("../../../tests/keys/rs256.private.pem"),
        "token_uri": format!("{sinks_url}/oauth/token")})
}

fn secret(document: &Value) -> Value {
    json!({"ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:auth", "Name": "auth",
        "VersionId": "00000000-0000-0000-0000-000000000000", "VersionStages": ["AWSCURRENT"],
        "SecretString": document.to_string(), "CreatedDate": 1_700_000_000.0})
}
