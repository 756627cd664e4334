//! SES and SNS, which take everything, and 50 ms for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

/// What it takes for an answer.
pub(crate) const LATENCY_MS: u64 = 50;

/// Keeps no requests: ten thousand emails would be in this process' way.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

#[derive(Debug)]
pub(crate) struct Provider {
    url: String,
    seen: Arc<Seen>,
}

impl Provider {
    pub(crate) async fn start() -> Result<Self> {
        // Nagle's algorithm would add 40 ms to some answers.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let url = format!("http://{}", axum::serve::Listener::local_addr(&listener)?);
        let seen = Arc::new(Seen::default());
        let app = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
        let app = app.with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, seen })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.seen.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.seen.most_in_flight.load(Ordering::Relaxed)
    }
}

async fn answer(State(seen): State<Arc<Seen>>, body: Bytes) -> Response {
    seen.requests.fetch_add(1, Ordering::Relaxed);
    seen.bytes.fetch_add(body.len(), Ordering::Relaxed);
    let in_flight = seen.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
    seen.most_in_flight.fetch_max(in_flight, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(LATENCY_MS)).await;
    seen.in_flight.fetch_sub(1, Ordering::Relaxed);
    // SES speaks JSON, SNS forms and XML.
    let (kind, text) = if body.starts_with(b"Action=Publish") {
        ("text/xml", sns("Publish", "<MessageId>00000000-0000-0000-0000-000000000000</MessageId>"))
    } else if body.starts_with(b"Action=") {
        ("text/xml", sns("CheckIfPhoneNumberIsOptedOut", "<isOptedOut>false</isOptedOut>"))
    } else {
        (
            "application/json",
            r#"{"MessageId":"0100000000000000-00000000-0000-0000-0000-000000000000-000000"}"#.into(),
        )
    };
    ([("content-type", kind)], text).into_response()
}

fn sns(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><{action}Result>{result}</{action}Result>\
         </{action}Response>"
    )
}
