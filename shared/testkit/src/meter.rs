//! What the DynamoDB calls of another process cost: a proxy that asks for the capacity with every request.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What one operation came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// How often it was called.
    pub calls: usize,
    /// Read units of a read, write units of a write; index entries included.
    pub units: f64,
}

/// In front of a [`crate::LocalDynamo`], which counts capacity as DynamoDB does and looks at no signature. Gone with
/// this value.
#[derive(Debug)]
pub struct Meter {
    endpoint: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    client: Client<HttpConnector, Full<Bytes>>,
    costs: watch::Sender<BTreeMap<String, Cost>>,
}

impl Meter {
    /// Starts in front of `upstream`.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            upstream: upstream.trim_end_matches('/').to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            costs: watch::Sender::default(),
        });
        let app = Router::new().fallback(metered).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { endpoint, shared, server })
    }

    /// For `AWS_ENDPOINT_URL_DYNAMODB`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// By operation, since the start or the last reset.
    #[must_use]
    pub fn costs(&self) -> BTreeMap<String, Cost> {
        self.shared.costs.borrow().clone()
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        self.shared.costs.send_replace(BTreeMap::new());
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn metered(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let answer = shared.forward(request).await;
    answer.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response())
}

impl Shared {
    async fn forward(&self, request: Request) -> Result<Response> {
        let (mut parts, body) = request.into_parts();
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or("?").to_owned();
        let mut asked: Value = serde_json::from_slice(&body.collect().await?.to_bytes())?;
        if let Some(asked) = asked.as_object_mut() {
            asked.insert(String::from("ReturnConsumedCapacity"), "TOTAL".into());
        }
        // The client library counts the bytes itself.
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.uri = format!("{}{}", self.upstream, parts.uri.path()).parse()?;
        let body = Full::from(serde_json::to_vec(&asked)?);
        let (mut head, body) =
            self.client.request(hyper::Request::from_parts(parts, body)).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        let units = serde_json::from_slice::<Value>(&body).map_or(0.0, |answer| units(&answer));
        self.costs.send_modify(|costs| {
            let cost = costs.entry(operation).or_default();
            cost.calls += 1;
            cost.units += units;
        });
        head.headers.remove(header::TRANSFER_ENCODING);
        Ok(Response::from_parts(head, body.into()))
    }
}

/// One item's capacity is an object, a batch's a list.
fn units(answer: &Value) -> f64 {
    let consumed = answer.get("ConsumedCapacity").unwrap_or(&Value::Null);
    let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    each.iter().filter_map(|one| one.get("CapacityUnits")?.as_f64()).sum()
}
