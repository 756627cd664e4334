//! What tests need of the world outside.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use axum::Router;
use axum::http::StatusCode;
use carillon_domain::{Millis, Reason};
use carillon_egress::Egress;
use carillon_fakes::{Filter, Rule, Running, Seen, Sink, Sinks};
use carillon_sender::Failure;
use serde_json::{Value, json};
use tokio::sync::{Mutex, RwLock};
use tokio::task::JoinHandle;

use crate::fcm::{self, Fcm};
use crate::reached::Reached;
use crate::time_left::{self, TimeLeft};

const RSA: &str = include_str!("../../../tests/keys/rs256.private.pem");

/// Google, and Secrets Manager with its service account.
pub(crate) struct World {
    pub(crate) sinks: Running,
    pub(crate) secrets: Secrets,
}

impl World {
    /// Everything works.
    pub(crate) async fn new() -> Self {
        let world = Self { sinks: Sinks::start().await.unwrap(), secrets: Secrets::start().await };
        world.secrets.says(world.account()).await;
        world
    }

    /// What GetSecretValue answers for a service account of this Google.
    pub(crate) fn account(&self) -> Value {
        let account = json!({
            "type": "service_account", "project_id": "carillon-local", "private_key_id": "k1", "private_key": RSA,
            "client_email": "push@carillon-local.iam.gserviceaccount.com",
            "token_uri": format!("{}/oauth/token", self.sinks.url()),
        });
        json!({"Name": "fcm", "SecretString": account.to_string()})
    }

    /// May go to the sinks.
    pub(crate) fn egress(&self) -> Egress {
        Egress::new(self.sinks.authority(), Some("http://127.0.0.1:4566")).unwrap()
    }

    /// A client that knows nothing yet.
    pub(crate) fn fcm(&self) -> Fcm {
        let secret = fcm::secret(self.secrets.client(), String::from("fcm"));
        Fcm::new(&format!("{}/fcm/", self.sinks.url()), self.sinks.url(), self.egress(), secret).unwrap()
    }

    /// What came to a sink.
    pub(crate) async fn came(&self, sink: Sink) -> Vec<Seen> {
        self.sinks.client().requests(&Filter::of(sink)).await.unwrap()
    }

    /// Another answer than usual.
    pub(crate) async fn order(&self, rule: Rule) {
        self.sinks.client().answer(&rule).await.unwrap();
    }
}

/// A Secrets Manager with one secret.
pub(crate) struct Secrets {
    url: String,
    answer: Arc<RwLock<(StatusCode, Value)>>,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Secrets {
    pub(crate) async fn start() -> Self {
        let answer = Arc::new(RwLock::new((StatusCode::OK, Value::Null)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (says, counts) = (Arc::clone(&answer), Arc::clone(&asked));
        let router = Router::new().fallback(async move || {
            counts.fetch_add(1, Ordering::Relaxed);
            let (status, body) = says.read().await.clone();
            (status, [("content-type", "application/x-amz-json-1.1")], body.to_string())
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, answer, asked, task }
    }

    pub(crate) fn client(&self) -> aws_sdk_secretsmanager::Client {
        let shared = carillon_testkit::sdk_config(&self.url);
        let config = aws_sdk_secretsmanager::config::Builder::from(&shared);
        aws_sdk_secretsmanager::Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
    }

    pub(crate) async fn says(&self, answer: Value) {
        *self.answer.write().await = (StatusCode::OK, answer);
    }

    pub(crate) async fn refuses(&self, code: &str) {
        *self.answer.write().await =
            (StatusCode::BAD_REQUEST, json!({"__type": code, "message": "on purpose"}));
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// All the time in the world.
pub(crate) fn later() -> TimeLeft {
    time_left::until(carillon_runtime::now, Millis(i64::MAX))
}

pub(crate) fn failure(reason: Reason, detail: &str, retry_after: Option<i64>) -> Failure {
    Failure { reason, detail: detail.to_owned(), retry_after }
}

pub(crate) fn retry(detail: &str, retry_after: Option<i64>) -> Reached {
    Reached::Retry(failure(Reason::Unavailable, detail, retry_after))
}

/// What this test's thread logs.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.try_lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Until it is dropped.
    pub(crate) fn capture(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().json().with_writer(move || log.clone());
        tracing::subscriber::set_default(lines.finish())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.try_lock().unwrap().clone()).unwrap()
    }
}
