//! JSON over plain HTTP, to this machine.

use std::time::Duration;

use anyhow::{Context as _, Result};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

/// Keeps its connections.
pub(crate) struct Http {
    client: Client<HttpConnector, String>,
    patience: Duration,
}

impl Http {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()), patience }
    }

    pub(crate) async fn get(&self, url: &str, token: Option<&str>) -> Result<(StatusCode, Value)> {
        self.send(Method::GET, url, token, &Value::Null).await
    }

    pub(crate) async fn post(
        &self,
        url: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<(StatusCode, Value)> {
        self.send(Method::POST, url, token, body).await
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<(StatusCode, Value)> {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut text = String::new();
        if !body.is_null() {
            request = request.header("content-type", "application/json");
            text = body.to_string();
        }
        let request = request.body(text)?;
        let exchange = async {
            let answer = self.client.request(request).await?;
            let status = answer.status();
            anyhow::Ok((status, answer.into_body().collect().await?.to_bytes()))
        };
        let answer =
            timeout(self.patience, exchange).await.with_context(|| format!("no answer from {url}"))?;
        let (status, body) = answer.with_context(|| url.to_owned())?;
        let text = String::from_utf8_lossy(&body);
        Ok((status, serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))))
    }
}
