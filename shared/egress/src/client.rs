//! Posting, bounded in every respect.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Body, StatusCode};

use crate::resolver::Filtered;
use crate::{Egress, Refused, System};

/// How long a connection that is not used is kept.
const IDLE: Duration = Duration::from_secs(30);
/// A connection that was silent for so long while an answer is due is asked for a sign of life…
const PING: Duration = Duration::from_secs(2);
/// …and given up without one: together less than a request is given, so that the next request finds it gone.
const PONG: Duration = Duration::from_millis(2_500);
/// The same for what is sent and not acknowledged, whatever is spoken.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_millis(4_500);

/// How long, and how much.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the connection: name, TCP, TLS.
    pub connect: Duration,
    /// For one request with its answer.
    pub total: Duration,
    /// Bytes of an answer that are read; the rest is left.
    pub answer: usize,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// What TLS negotiates.
    Any,
    /// HTTP/2 from the first byte, also without TLS: all requests to a host share one connection.
    Http2,
}

/// Posts to where [`Egress`] lets it.
#[derive(Debug, Clone)]
pub struct Client {
    inner: reqwest::Client,
    egress: Egress,
    answer: usize,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Redirects too: they are not followed.
    pub status: StatusCode,
    /// As received.
    pub headers: HeaderMap,
    /// As much as was read.
    pub body: Vec<u8>,
    /// Whether that is all of it: it may have been too long, or broken off. The status counts in either case.
    pub complete: bool,
}

/// Why there is no answer. The texts carry no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing is sent there; trying again will not help, unless the name changes.
    #[error("refused: the URL {0}")]
    Refused(#[from] Refused),
    /// Not connected, so nothing was sent: name, TCP or TLS.
    #[error("not connected: {0}")]
    Connect(String),
    /// No answer in time. It may have been received.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the answer. It may have been received.
    #[error("broken off: {0}")]
    Broken(String),
}

impl SendError {
    /// One word for a delivery's detail.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "address_refused",
            Self::Connect(_) => "connect_failed",
            Self::Timeout => "timeout",
            Self::Broken(_) => "connection_broken",
        }
    }
}

impl Client {
    /// A client that resolves names as the system does. Building it reads the system's certificates, which takes
    /// milliseconds: do it with the first request.
    pub fn new(egress: &Egress, limits: Limits, protocol: Protocol) -> Result<Self, reqwest::Error> {
        Self::resolving(egress, limits, protocol, Arc::new(System))
    }

    /// A client that asks `resolver` where names lead; what it says is filtered as the system's answer is.
    pub fn resolving(
        egress: &Egress,
        limits: Limits,
        protocol: Protocol,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, reqwest::Error> {
        // reqwest takes the process's provider and panics without one. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(Policy::none())
            // A proxy would resolve names itself.
            .no_proxy()
            // Before a server or a NAT gateway forgets it, and not long after a function's freezing and thawing.
            .pool_idle_timeout(IDLE)
            // All requests to a host may share one connection: should it die without a word, none would ever be answered.
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PONG)
            .dns_resolver(Arc::new(Filtered { egress: egress.clone(), inner: resolver }));
        #[cfg(target_os = "linux")]
        let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
        let builder = match protocol {
            Protocol::Any => builder,
            Protocol::Http2 => builder.http2_prior_knowledge(),
        };
        Ok(Self { inner: builder.build()?, egress: egress.clone(), answer: limits.answer })
    }

    /// Posts once. An answer of any status is an answer.
    pub async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Body>,
    ) -> Result<Answer, SendError> {
        let url = self.egress.check(url)?;
        let sent = self.inner.post(url).headers(headers).body(body).send().await;
        let mut response = sent.map_err(|error| no_answer(&error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let (mut body, mut complete) = (Vec::new(), true);
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    let room = self.answer.saturating_sub(body.len());
                    body.extend(chunk.iter().take(room));
                    if chunk.len() > room {
                        complete = false;
                        break;
                    }
                }
                Err(_) => {
                    complete = false;
                    break;
                }
            }
        }
        Ok(Answer { status, headers, body, complete })
    }
}

fn no_answer(error: &reqwest::Error) -> SendError {
    // The outermost text has the URL, the innermost says what it was.
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return SendError::Refused(*refused);
        }
    }
    if error.is_connect() {
        SendError::Connect(cause.to_string())
    } else if error.is_timeout() {
        SendError::Timeout
    } else {
        SendError::Broken(cause.to_string())
    }
}
