//! The server's own interface, and what happens to all else.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, Query, Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::Filter;
use crate::connections::Connections;
use crate::log::Seen;
use crate::rule::{Fault, Rule};
use crate::server::Connected;
use crate::sink::Sink;
use crate::state::{Incoming, State};
use crate::{Reply, page};

/// More than any of the services takes.
const MOST_BODY: usize = 1024 * 1024;
/// Whoever wants to wait longer asks again.
const MOST_WAIT: u64 = 60;

type Known = Shared<Arc<State>>;

pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(async |Shared(state): Known| Html(page::page(&state.log.borrow()))))
        .route("/requests", get(requests).delete(forget))
        .route(
            "/answers",
            post(async |Shared(state): Known, Json(rule): Json<Rule>| Json(json!({"id": state.order(rule)}))),
        )
        .route("/answers/{id}", delete(withdraw))
        .route("/tokens", delete(revoke))
        .route(
            "/connections",
            get(async |Shared(state): Known| Json::<Connections>(state.connections.borrow().clone())),
        )
        .fallback(sink)
        .with_state(state)
}

async fn requests(Shared(state): Known, Query(filter): Query<Filter>) -> Json<Value> {
    let mut changes = state.log.subscribe();
    let patience = Duration::from_secs(filter.wait.min(MOST_WAIT));
    let some = changes.wait_for(|log| log.matching(&filter).next().is_some());
    // Either way, what there is.
    let _ = tokio::time::timeout(patience, some).await;
    let log = state.log.borrow();
    Json(json!({"requests": log.matching(&filter).collect::<Vec<_>>(), "last": log.last()}))
}

async fn forget(Shared(state): Known) -> StatusCode {
    state.log.send_modify(|log| log.clear());
    StatusCode::NO_CONTENT
}

async fn withdraw(Shared(state): Known, Path(id): Path<u64>) -> StatusCode {
    if state.withdraw(id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn revoke(Shared(state): Known) -> StatusCode {
    state.revoke();
    StatusCode::NO_CONTENT
}

async fn sink(
    Shared(state): Known,
    Extension(connected): Extension<Connected>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(sink) = Sink::of(parts.uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    state.connections.send_modify(|connections| connections.asked(connected.n));
    let Ok(body) = to_bytes(body, MOST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let version = format!("{:?}", parts.version);
    let incoming =
        Incoming { method: parts.method, uri: parts.uri, headers: parts.headers, body, now: now() };
    let _flight = Flight::begin(&state);
    let rule = state.rule_for(sink, &incoming);
    let fault = rule.as_ref().and_then(|rule| rule.fault);
    let reply = match rule.as_ref().and_then(Rule::instead) {
        Some(reply) => reply,
        None if fault.is_some() => Reply::new(500),
        None => sink.answer(&incoming, &state),
    };
    if sink == Sink::Oauth
        && let Some(token) = reply.body["access_token"].as_str()
    {
        state.issue(token);
    }
    let status = fault.is_none().then_some(reply.status);
    let seen = seen(&incoming, sink, &connected, version, status, fault);
    state.log.send_modify(|log| log.push(seen));
    if let Some(delay) = rule.map(|rule| rule.delay_ms).filter(|delay| *delay > 0) {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if fault == Some(Fault::Hang) {
        // Until the client gives up.
        return std::future::pending().await;
    }
    let mut response = reply.into_response();
    if let Some(fault) = fault {
        response.extensions_mut().insert(fault);
    }
    response
}

fn seen(
    incoming: &Incoming,
    sink: Sink,
    connected: &Connected,
    version: String,
    status: Option<u16>,
    fault: Option<Fault>,
) -> Seen {
    let headers = incoming.headers.iter();
    let headers = headers.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Seen {
        n: 0,
        at: incoming.now,
        sink,
        connection: connected.n,
        version,
        method: incoming.method.to_string(),
        path: incoming.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        headers: headers.collect(),
        body: if sink.is_binary() {
            STANDARD.encode(&incoming.body)
        } else {
            String::from_utf8_lossy(&incoming.body).into_owned()
        },
        status,
        fault,
    }
}

/// A request that is not answered yet; it may also be given up.
struct Flight<'a>(&'a State);

impl<'a> Flight<'a> {
    fn begin(state: &'a State) -> Self {
        state.connections.send_modify(Connections::begun);
        Self(state)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.connections.send_modify(Connections::ended);
    }
}

fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "it stands for services that go by their own clock")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| since.as_millis().try_into().ok()).unwrap_or(0)
}
