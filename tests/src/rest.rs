//! A REST client with one token.

use std::sync::Once;

use anyhow::{Result, ensure};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::openapi::{Asked, OpenApi};

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The JSON body; null where there is none.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// On any other status, with the body.
    pub fn ok(self) -> Result<Value> {
        ensure!((200..300).contains(&self.status), "HTTP {}: {}", self.status, self.body);
        Ok(self.body)
    }

    /// Checks that it is an RFC 9457 problem of this status and code, and returns its `field`, if it has one.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn problem(&self, status: u16, code: &str) -> Result<Option<&str>> {
        let is = |name: &str, value: Value| self.body.get(name) == Some(&value);
        ensure!(
            self.status == status && is("status", status.into()) && is("code", code.into()),
            "not {status} {code} but {}: {}",
            self.status,
            self.body
        );
        ensure!(is("type", format!("https://carillon.dev/problems/{code}").into()), "type of {}", self.body);
        ensure!(self.header(CONTENT_TYPE.as_str()) == Some("application/problem+json"), "{:?}", self.headers);
        Ok(self.body.get("field").and_then(Value::as_str))
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Sends requests with a token, or with none.
#[derive(Debug, Clone)]
pub struct Rest {
    http: Client,
    base: String,
    token: Option<String>,
}

impl Rest {
    /// A client of the API at `base`.
    ///
    /// # Errors
    /// If the client cannot be built.
    pub fn new(base: &str, token: Option<String>) -> Result<Self> {
        // Only plain HTTP is spoken here, but the client wants to know a TLS provider before it is built.
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let http = Client::builder().timeout(crate::DEADLINE).no_proxy().build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// For what is not of the API.
    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    /// The same, as another caller.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The same without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// A request to be completed by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends it, reads the answer, and holds both against `docs/openapi.json`.
    ///
    /// # Errors
    /// If there is no answer, its body is neither empty nor JSON, or it is not as documented.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let request = request.build()?;
        let sent = request.body().and_then(|body| body.as_bytes());
        let sent = sent.and_then(|body| serde_json::from_slice(body).ok());
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        let answer = Answer { status, headers, body };
        // A proxy between test and functions may have a path of its own before the API's.
        if let Some(path) = url.as_str().strip_prefix(&self.base) {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            OpenApi::get()?.check(&Asked { method: method.as_str(), path, body: sent }, &answer)?;
        }
        Ok(answer)
    }

    /// GET.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PUT of JSON.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// POST without a body.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn act(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::POST, path)).await
    }

    /// DELETE.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }
}
