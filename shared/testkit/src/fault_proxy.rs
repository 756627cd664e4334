//! Between a function and AWS: sees every request, and at an exact one can refuse, hang, reset, or kill.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::Killer;

/// What happens instead of, before, or after forwarding a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Kills the function; the service never sees the request.
    KillBefore(Killer),
    /// The service does its work; the function dies before it can know.
    KillAfter(Killer),
    /// Answers with this HTTP status; the service never sees the request.
    Status(u16),
    /// Never answers; the service never sees the request.
    Hang,
    /// Breaks the connection (RST); the service never sees the request.
    Reset,
    /// Forwards only what comes after this wait.
    Delay(Duration),
}

/// A request that came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `PutItem`, `SendMessageBatch`, …; for APIs without such a header, `POST /path`.
    pub operation: String,
    /// The request's body, where it is text.
    pub body: String,
    /// Whether the service answered it; false as long as it has not.
    pub answered: bool,
}

#[derive(Debug)]
struct Rule {
    operation: String,
    /// What the request's body must contain.
    part: String,
    /// Requests of the operation still to let pass.
    skip: usize,
    fault: Fault,
}

/// A reverse proxy on a port of its own, gone with this value.
#[derive(Debug)]
pub struct FaultProxy {
    endpoint: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    client: Client<HttpConnector, Full<Bytes>>,
    seen: watch::Sender<Vec<Seen>>,
    rules: watch::Sender<Vec<Rule>>,
}

/// The connection is to be broken without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset on purpose")]
struct Reset;

impl FaultProxy {
    /// Starts in front of `upstream`, such as `http://127.0.0.1:4566`, and forwards until told otherwise.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            upstream: upstream.trim_end_matches('/').to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            seen: watch::Sender::default(),
            rules: watch::Sender::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { endpoint, shared, task })
    }

    /// For `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// On the `n`-th request (from 1, counted from now) of an operation: this fault, once. Operations are meant by their
    /// beginning (`SendMessage` is `SendMessageBatch` too), paths by any part (`@connections`).
    pub fn on(&self, operation: &str, n: usize, fault: Fault) {
        self.on_body(operation, "", n, fault);
    }

    /// The same, counting only requests whose body contains `part`.
    pub fn on_body(&self, operation: &str, part: &str, n: usize, fault: Fault) {
        let (operation, part) = (operation.to_owned(), part.to_owned());
        let rule = Rule { operation, part, skip: n.saturating_sub(1), fault };
        self.shared.rules.send_modify(|rules| rules.push(rule));
    }

    /// All requests so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.borrow().clone()
    }

    /// How many requests of an operation came so far.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.shared.seen.borrow().iter().filter(|seen| seen.is(operation)).count()
    }

    /// Waits until the `n`-th request of an operation came.
    ///
    /// # Errors
    /// If it does not within the deadline, with what came instead.
    pub async fn wait_for(&self, operation: &str, n: usize, deadline: Duration) -> Result<()> {
        let mut seen = self.shared.seen.subscribe();
        let reached = seen.wait_for(|all| all.iter().filter(|seen| seen.is(operation)).count() >= n);
        let outcome = tokio::time::timeout(deadline, reached).await.map(|_| ());
        outcome.with_context(|| format!("no {n} × {operation} within {deadline:?}: {:?}", self.seen()))
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    /// By its name's beginning, so that `SendMessage` means a batch too; a path by any part of it.
    fn is(&self, operation: &str) -> bool {
        self.operation.starts_with(operation)
            || (self.operation.contains(' ') && self.operation.contains(operation))
    }
}

impl Rule {
    fn is_for(&self, seen: &Seen) -> bool {
        seen.is(&self.operation) && seen.body.contains(&self.part)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with the proxy.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    // Whoever drops the socket without an answer resets it.
    let _ = stream.set_zero_linger();
    let service = service_fn(move |request| handle(request, Arc::clone(&shared)));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Reset> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Reset)?.to_bytes();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = match target.and_then(|target| target.rsplit('.').next()) {
        Some(operation) => operation.to_owned(),
        None => format!("{} {}", parts.method, parts.uri.path()),
    };
    let seen = Seen { operation, body: String::from_utf8_lossy(&body).into_owned(), answered: false };
    let (index, fault) = shared.note(seen);
    match &fault {
        None | Some(Fault::KillAfter(_)) => {}
        Some(Fault::Delay(wait)) => tokio::time::sleep(*wait).await,
        Some(Fault::KillBefore(killer)) => {
            killer.kill().await;
            return Err(Reset);
        }
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(plain(status, "{\"__type\":\"Fault\",\"message\":\"on purpose\"}"));
        }
        Some(Fault::Hang) => return std::future::pending().await,
        Some(Fault::Reset) => return Err(Reset),
    }
    let answer = shared.forward(parts, body).await;
    shared.seen.send_modify(|all| {
        if let Some(seen) = all.get_mut(index) {
            seen.answered = answer.is_ok();
        }
    });
    if let Some(Fault::KillAfter(killer)) = fault {
        killer.kill().await;
        return Err(Reset);
    }
    Ok(answer.unwrap_or_else(|error| plain(StatusCode::BAD_GATEWAY, &format!("{error:#}"))))
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text.to_owned()));
    *response.status_mut() = status;
    response
}

impl Shared {
    /// Writes the request down and finds what is to happen to it.
    fn note(&self, seen: Seen) -> (usize, Option<Fault>) {
        let mut fault = None;
        self.rules.send_modify(|rules| {
            let mut hit = None;
            for (index, rule) in rules.iter_mut().enumerate().filter(|(_, rule)| rule.is_for(&seen)) {
                if rule.skip == 0 && hit.is_none() {
                    hit = Some(index);
                } else {
                    rule.skip = rule.skip.saturating_sub(1);
                }
            }
            fault = hit.map(|index| rules.remove(index).fault);
        });
        let mut index = 0;
        self.seen.send_modify(|all| {
            index = all.len();
            all.push(seen);
        });
        (index, fault)
    }

    /// As it came, `Host` included, since that is part of what was signed.
    async fn forward(
        &self,
        mut parts: hyper::http::request::Parts,
        body: Bytes,
    ) -> Result<Response<Full<Bytes>>> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = format!("{}{path}", self.upstream).parse::<Uri>()?;
        let answer = self.client.request(Request::from_parts(parts, Full::new(body))).await?;
        let (mut head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        // Collected, so no longer chunked.
        head.headers.remove(hyper::header::TRANSFER_ENCODING);
        Ok(Response::from_parts(head, Full::new(body)))
    }
}
