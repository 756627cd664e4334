//! The server side of the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), 2018-06-01.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::sync::{Mutex, mpsc, oneshot, watch};

/// Lambda's limit on a response.
const MAX_BODY: usize = 6 * 1024 * 1024;

/// How an invocation can fail.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The function reported an error itself.
    #[error("{kind}: {message}")]
    Reported {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The process ended before it answered.
    #[error("the function's process ended: {0}")]
    Exited(String),
    /// No answer before the deadline.
    #[error("no answer within the function's timeout")]
    TimedOut,
    /// The answer was no JSON.
    #[error("the answer is no JSON: {0}")]
    NotJson(#[from] serde_json::Error),
}

#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) events: mpsc::UnboundedSender<Event>,
    pub(crate) queue: Mutex<mpsc::UnboundedReceiver<Event>>,
    pub(crate) answers: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    pub(crate) init: watch::Sender<Init>,
}

#[derive(Debug, Clone)]
pub(crate) enum Init {
    Running,
    Ready(Instant),
    Failed(String),
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Duration,
    /// Told when the function has taken the event.
    pub(crate) taken: oneshot::Sender<Instant>,
}

pub(crate) type Answer = (Instant, Result<Bytes, FunctionError>);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ErrorReport {
    error_type: String,
    error_message: String,
}

pub(crate) fn router(lambda: Arc<Lambda>) -> Router {
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{id}/response", post(response))
        .route("/invocation/{id}/error", post(error))
        .route("/init/error", post(init_error));
    Router::new()
        .nest("/2018-06-01/runtime", runtime)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(lambda)
}

async fn next(State(lambda): State<Arc<Lambda>>) -> Response {
    lambda.init.send_if_modified(|state| {
        let first = matches!(state, Init::Running);
        if first {
            *state = Init::Ready(Instant::now());
        }
        first
    });
    let Some(event) = lambda.queue.lock().await.recv().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let arn = format!("arn:aws:lambda:{}:000000000000:function:test", crate::REGION);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-deadline-ms", deadline_ms(event.timeout).to_string()),
        ("lambda-runtime-invoked-function-arn", arn),
        ("lambda-runtime-aws-request-id", event.id),
    ];
    let _ = event.taken.send(Instant::now());
    (headers, event.body).into_response()
}

async fn response(
    State(lambda): State<Arc<Lambda>>,
    UrlPath(id): UrlPath<String>,
    body: Bytes,
) -> StatusCode {
    lambda.answer(&id, Ok(body)).await
}

async fn error(
    State(lambda): State<Arc<Lambda>>,
    UrlPath(id): UrlPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let report: ErrorReport = serde_json::from_slice(&body).unwrap_or_default();
    let header = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    let kind =
        if report.error_type.is_empty() { header.unwrap_or("?").to_owned() } else { report.error_type };
    lambda.answer(&id, Err(FunctionError::Reported { kind, message: report.error_message })).await
}

async fn init_error(State(lambda): State<Arc<Lambda>>, body: Bytes) -> StatusCode {
    lambda.init.send_replace(Init::Failed(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}

impl Lambda {
    async fn answer(&self, id: &str, answer: Result<Bytes, FunctionError>) -> StatusCode {
        match self.answers.lock().await.remove(id) {
            // Nobody waits any more if the deadline passed.
            Some(waiting) => {
                let _ = waiting.send((Instant::now(), answer));
                StatusCode::ACCEPTED
            }
            None => StatusCode::FORBIDDEN,
        }
    }
}

/// Milliseconds since 1970, as Lambda counts.
fn deadline_ms(timeout: Duration) -> u128 {
    #[expect(clippy::disallowed_methods, reason = "Lambda's clock is the machine's, and no test reads it")]
    let now = std::time::SystemTime::now();
    (now + timeout).duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis()
}
