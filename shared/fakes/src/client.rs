//! For tests: what came, and orders.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Connections, Rule, Seen, Sink};

/// Seconds that one question waits for something new.
const WAIT: u64 = 10;

/// Which requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// For whom; without it, for anybody.
    pub sink: Option<Sink>,
    /// What must be in the path or the body (as the log has it); empty takes all.
    pub contains: String,
    /// Only those with a higher number.
    pub after: u64,
    pub(crate) wait: u64,
}

/// Of sinks in this process or another.
#[derive(Debug, Clone)]
pub struct Client {
    url: String,
    http: Hyper<HttpConnector, Full<Bytes>>,
}

#[derive(Deserialize)]
struct Came {
    requests: Vec<Seen>,
    last: u64,
}

impl Filter {
    /// All requests of a sink.
    #[must_use]
    pub fn of(sink: Sink) -> Self {
        Self { sink: Some(sink), ..Self::default() }
    }

    /// Only those with this in path or body.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        text.clone_into(&mut self.contains);
        self
    }

    /// Only those with a higher number.
    #[must_use]
    pub fn after(mut self, n: u64) -> Self {
        self.after = n;
        self
    }

    pub(crate) fn takes(&self, seen: &Seen) -> bool {
        let text = &self.contains;
        seen.n > self.after
            && self.sink.is_none_or(|sink| sink == seen.sink)
            && (text.is_empty() || seen.path.contains(text) || seen.body.contains(text))
    }

    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(sink) = self.sink {
            query.append_pair("sink", sink.name());
        }
        query.append_pair("contains", &self.contains);
        query.append_pair("after", &self.after.to_string());
        query.append_pair("wait", &self.wait.to_string());
        query.finish()
    }
}

impl Client {
    /// Of the sinks at this URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { url, http: Hyper::builder(TokioExecutor::new()).build_http() }
    }

    /// What came so far.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn requests(&self, filter: &Filter) -> Result<Vec<Seen>> {
        Ok(self.came(Filter { wait: 0, ..filter.clone() }).await?.requests)
    }

    /// The number of the latest request: [`Filter::after`] it is what comes from now on.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn last(&self) -> Result<u64> {
        Ok(self.came(Filter::default().after(u64::MAX)).await?.last)
    }

    /// Waits until at least so many came, and returns all that came.
    ///
    /// # Errors
    /// If they do not come before the deadline, with those that did.
    pub async fn wait(&self, filter: &Filter, count: usize, deadline: Duration) -> Result<Vec<Seen>> {
        let end = Instant::now() + deadline;
        let mut seen: Vec<Seen> = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let after = seen.last().map_or(filter.after, |last| last.n);
            let wait = if seen.len() < count { WAIT } else { 0 };
            let asking = self.came(Filter { wait, after, ..filter.clone() });
            match tokio::time::timeout(left, asking).await {
                Ok(came) => seen.extend(came?.requests),
                Err(_) => bail!("not within {deadline:?}: {count} requests like {filter:?}; came: {seen:#?}"),
            }
            if seen.len() >= count {
                return Ok(seen);
            }
        }
    }

    /// Orders another answer; the rule's id.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn answer(&self, rule: &Rule) -> Result<u64> {
        let id: Value = self.json(Method::POST, "/answers", serde_json::to_vec(rule)?).await?;
        id["id"].as_u64().context("no id")
    }

    /// Takes an order back; it may have been used up.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn withdraw(&self, id: u64) -> Result<()> {
        self.send(Method::DELETE, &format!("/answers/{id}"), Vec::new()).await.map(drop)
    }

    /// Forgets what came: everybody's.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn forget(&self) -> Result<()> {
        self.send(Method::DELETE, "/requests", Vec::new()).await.map(drop)
    }

    /// No access token that was issued so far is good any more.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn revoke_tokens(&self) -> Result<()> {
        self.send(Method::DELETE, "/tokens", Vec::new()).await.map(drop)
    }

    /// Who is and was connected.
    ///
    /// # Errors
    /// If the sinks do not answer.
    pub async fn connections(&self) -> Result<Connections> {
        self.json(Method::GET, "/connections", Vec::new()).await
    }

    async fn came(&self, filter: Filter) -> Result<Came> {
        self.json(Method::GET, &format!("/requests?{}", filter.query()), Vec::new()).await
    }

    async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Vec<u8>) -> Result<T> {
        let (status, body) = self.send(method, path, body).await?;
        if !status.is_success() {
            bail!("{status} from {}{path}: {}", self.url, String::from_utf8_lossy(&body));
        }
        serde_json::from_slice(&body).with_context(|| format!("{}{path}", self.url))
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json").body(Full::from(body))?;
        let answer = self.http.request(request).await.with_context(|| self.url.clone())?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}
