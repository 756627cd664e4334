//! The server: connections, and what happens on them.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

use crate::socket::Socket;
use crate::state::State;
use crate::{Client, Fault, control};

/// As many as Google's.
const STREAMS: u32 = 100;

/// All fakes, on one port of 127.0.0.1.
#[derive(Debug)]
pub struct Sinks;

/// Sinks that run until this is dropped.
#[derive(Debug)]
pub struct Running {
    url: String,
    client: Client,
    task: JoinHandle<()>,
}

/// Which connection a request came on.
#[derive(Debug, Clone)]
pub(crate) struct Connected {
    pub(crate) n: u64,
    broken: Arc<AtomicBool>,
    disconnect: Arc<Notify>,
}

/// The request is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset on purpose")]
struct Reset;

impl Sinks {
    /// On a free port.
    ///
    /// # Errors
    /// If there is none.
    pub async fn start() -> Result<Running> {
        Self::start_on(0).await
    }

    /// On this port.
    ///
    /// # Errors
    /// If it is taken.
    pub async fn start_on(port: u16) -> Result<Running> {
        let listener =
            TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("port {port}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let client = Client::new(&url);
        Ok(Running { url, client, task: tokio::spawn(accept(listener)) })
    }
}

impl Running {
    /// Base of all paths.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `127.0.0.1:4711`, as lists of allowed hosts want it.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.url.strip_prefix("http://").unwrap_or(&self.url)
    }

    /// To look and to give orders.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Until it ends by itself, which it does not.
    ///
    /// # Errors
    /// If it did.
    pub async fn ended(mut self) -> Result<()> {
        (&mut self.task).await.context("the sinks ended")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener) {
    let state = Arc::new(State::default());
    let router = control::router(Arc::clone(&state));
    // Connections end with the server.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, Arc::clone(&state), router.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, router: Router) {
    let _ = stream.set_nodelay(true);
    let (broken, disconnect) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let socket = Socket { stream, broken: Arc::clone(&broken) };
    let mut n = 0;
    state.connections.send_modify(|connections| n = connections.opened());
    let connected = Connected { n, broken, disconnect: Arc::clone(&disconnect) };
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(connected.clone());
        respond(router.clone(), request.map(axum::body::Body::new))
    });
    let mut server = Builder::new(TokioExecutor::new());
    server.http2().max_concurrent_streams(STREAMS);
    tokio::select! {
        _ = server.serve_connection(TokioIo::new(socket), service) => {}
        () = disconnect.notified() => {}
    }
    state.connections.send_modify(|connections| connections.closed(n));
}

async fn respond(router: Router, request: Request) -> Result<Response, Reset> {
    let connected = request.extensions().get::<Connected>().cloned();
    let http2 = request.version() == hyper::Version::HTTP_2;
    let answer: Result<_, Infallible> = router.oneshot(request).await;
    let Ok(response) = answer;
    match (response.extensions().get::<Fault>(), connected) {
        (None | Some(Fault::Hang), _) | (_, None) => return Ok(response),
        (Some(Fault::Reset), Some(_)) if http2 => {}
        (Some(Fault::Reset | Fault::Disconnect), Some(connected)) => {
            connected.broken.store(true, Ordering::Relaxed);
            connected.disconnect.notify_one();
        }
    }
    Err(Reset)
}
