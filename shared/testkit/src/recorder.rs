//! What the local cloud's recorder (`infra/local/recorder.py`) noted of functions' requests.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How often a function did one operation. Attempts count, retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub struct Tally {
    /// All attempts that reached the cloud.
    pub requests: u64,
    /// Those answered with a status of 400 or more.
    pub errors: u64,
    /// Read units: what the cloud reported, and for reads at least what the returned items cost.
    pub read_units: f64,
    /// Write units; those of writes whose condition failed are counted with the least that they cost.
    pub write_units: f64,
}

/// A request that AWS would refuse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Violation {
    /// As in `AWS_LAMBDA_FUNCTION_NAME`.
    pub function: String,
    /// `dynamodb.PutItem`.
    pub operation: String,
    /// The parameter's path; `-` for the request itself.
    pub member: String,
    /// What is wrong with it.
    pub detail: String,
    /// How often.
    pub count: u64,
}

#[derive(Debug, Default, Deserialize)]
struct Report {
    functions: BTreeMap<String, BTreeMap<String, Tally>>,
    violations: Vec<Violation>,
}

/// A message that a function handed to a channel's sender.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sent {
    /// Counts from 1, over all queues.
    pub n: u64,
    /// `push`, `email`, `sms`, `webhook`.
    pub queue: String,
    /// Who sent it, as in `AWS_LAMBDA_FUNCTION_NAME`.
    pub function: String,
    /// Seconds until it can be received.
    pub delay: u32,
    /// As it was sent.
    pub body: String,
}

#[derive(Debug, Deserialize)]
struct Messages {
    messages: Vec<Sent>,
}

/// Asks the recorder. Functions are told apart by their `AWS_LAMBDA_FUNCTION_NAME`: a test that counts gives its own a
/// name that no other test uses.
#[derive(Debug)]
pub struct Recorder {
    url: String,
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Recorder {
    /// Of the local cloud at this endpoint ([`crate::Stack::aws_endpoint_url`]).
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        let url = format!("{}/_carillon", endpoint.trim_end_matches('/'));
        Self { url, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// What a function did so far, by operation such as `dynamodb.PutItem`; nothing if it did nothing. A request counts
    /// before it is answered, its units and errors before the function has the answer.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn function(&self, name: &str) -> Result<BTreeMap<String, Tally>> {
        Ok(self.report().await?.functions.remove(name).unwrap_or_default())
    }

    /// Every request of any function so far that AWS would refuse.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn violations(&self) -> Result<Vec<Violation>> {
        Ok(self.report().await?.violations)
    }

    /// What functions sent to a sender's queue (`push`) with this text in it, after the message of this number; what SQS
    /// took before is among it. Where there is nothing yet, it waits so long for something.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn sent(&self, queue: &str, text: &str, after: u64, wait: Duration) -> Result<Vec<Sent>> {
        // A JSON text of ids needs no more escaping than this.
        let text = text.replace('%', "%25").replace('+', "%2B").replace('"', "%22").replace(' ', "%20");
        let wait = wait.as_secs();
        let path = format!("/sent?queue={queue}&contains={text}&after={after}&wait={wait}");
        Ok(self.get::<Messages>(&path).await?.messages)
    }

    async fn report(&self) -> Result<Report> {
        self.get("/recorder").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let url = format!("{}{path}", self.url);
        let answer = self.client.get(url.parse()?).await.with_context(|| url.clone())?;
        let body = answer.into_body().collect().await?.to_bytes();
        serde_json::from_slice(&body).with_context(|| format!("the answer of {url}"))
    }
}
