//! A service of AWS that answers as a test wants: what is asked of it is kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Such as `/v2/email/outbound-emails`.
    pub path: String,
    /// The body.
    pub body: String,
}

impl Asked {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The body's fields, of the services that take forms (SNS).
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        let uri = format!("/?{}", self.body).parse::<Uri>().unwrap_or_default();
        Query::try_from_uri(&uri).map(|Query(fields)| fields).unwrap_or_default()
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This, with a status.
    Says(u16, String),
    /// JSON services' errors: a status and a code.
    Refuses(u16, &'static str, &'static str),
    /// Never anything.
    Hangs,
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

struct Shared {
    asked: watch::Sender<Vec<Asked>>,
    /// How many are being answered, and how many were at most.
    at_once: watch::Sender<(usize, usize)>,
    answer: Box<Answer>,
}

/// On a port of its own, gone with this value.
pub struct FakeService {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for FakeService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeService").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for FakeService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Counts while it lives.
struct InHand(Arc<Shared>);

impl InHand {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.at_once.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        Self(Arc::clone(shared))
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.at_once.send_modify(|(now, _)| *now -= 1);
    }
}

async fn handle(State(shared): State<Arc<Shared>>, uri: Uri, body: Bytes) -> Response {
    let _in_hand = InHand::new(&shared);
    let asked = Asked { path: uri.path().to_owned(), body: String::from_utf8_lossy(&body).into_owned() };
    shared.asked.send_modify(|all| all.push(asked.clone()));
    // Those that came together are in hand together.
    tokio::task::yield_now().await;
    let (status, code, text) = match (shared.answer)(&asked) {
        Reply::Says(status, text) => (status, "", text),
        Reply::Refuses(status, code, message) => {
            (status, code, serde_json::json!({"__type": code, "message": message}).to_string())
        }
        Reply::Hangs => return std::future::pending().await,
    };
    let kind = if text.starts_with('<') { "text/xml" } else { "application/json" };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match code {
        "" => (status, [("content-type", kind)], text).into_response(),
        code => (status, [("content-type", kind), ("x-amzn-errortype", code)], text).into_response(),
    }
}

impl FakeService {
    /// Starts, and answers so.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            asked: watch::Sender::default(),
            at_once: watch::Sender::default(),
            answer: Box::new(answer),
        });
        let app = Router::new().fallback(handle).layer(DefaultBodyLimit::disable());
        let app = app.with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap_or_default() });
        Ok(Self { url, shared, task })
    }

    /// For `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What came so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Most requests that were in hand at a time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.shared.at_once.borrow().1
    }

    /// Waits until so many came.
    ///
    /// # Errors
    /// If they do not within the deadline, with how many did.
    pub async fn wait_for(&self, count: usize, deadline: Duration) -> Result<Vec<Asked>> {
        let mut asked = self.shared.asked.subscribe();
        let reached = tokio::time::timeout(deadline, asked.wait_for(|all| all.len() >= count)).await;
        reached.map(|_| ()).with_context(|| format!("{} of {count} came", self.asked().len()))?;
        Ok(self.asked())
    }
}
