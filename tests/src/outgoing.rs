//! What functions asked SES and SNS to send, and orders to answer them otherwise: of the recorder in front of the local
//! cloud (`infra/local/recorder_calls.py`, `recorder_answers.py`).

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, Method, RequestBuilder, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::eventually;

/// A call, as it was asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Call {
    /// Counts from 1, over both services.
    pub n: u64,
    /// `SendEmail`, `Publish`, `CheckIfPhoneNumberIsOptedOut`.
    pub operation: String,
    /// Who asked, as in `AWS_LAMBDA_FUNCTION_NAME`.
    pub function: String,
    /// As the service's model has them.
    pub parameters: Value,
    /// Of the answer; none until then, and where there is none.
    pub status: Option<u16>,
    /// What the service called it.
    pub message_id: Option<String>,
}

#[derive(Deserialize)]
struct Calls {
    calls: Vec<Call>,
}

/// Which calls.
#[derive(Debug, Clone)]
pub(crate) struct Filter<'a> {
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    /// Such as an address of the test's own.
    pub(crate) contains: &'a str,
}

/// Asks the recorder.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    url: String,
    http: Client,
}

impl Recorded {
    pub(crate) fn at(endpoint: &str, http: &Client) -> Self {
        Self { url: format!("{}/_carillon", endpoint.trim_end_matches('/')), http: http.clone() }
    }

    /// All that came so far.
    pub(crate) async fn calls(&self, filter: &Filter<'_>) -> Result<Vec<Call>> {
        let Filter { service, operation, contains } = filter;
        let query = [("service", service), ("operation", operation), ("contains", contains)];
        let url = Url::parse_with_params(&format!("{}/calls", self.url), query)?;
        Ok(self.http.get(url).send().await?.error_for_status()?.json::<Calls>().await?.calls)
    }

    /// The same, once the service has taken at least so many.
    pub(crate) async fn wait(&self, filter: &Filter<'_>, count: usize) -> Result<Vec<Call>> {
        let mut calls = Vec::new();
        let came = eventually("calls", async || {
            calls = self.calls(filter).await?;
            Ok((calls.iter().filter(|call| call.status == Some(200)).count() >= count).then_some(()))
        });
        let came = came.await;
        came.with_context(|| format!("{count} like {filter:?}; came: {calls:#?}"))?;
        Ok(calls)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }
}

/// Another answer than the service's own, to calls that have something in them.
#[derive(Debug, Clone)]
pub struct Order(Value);

impl Order {
    /// For mails that say this, or go there.
    #[must_use]
    pub fn of_mail(contains: &str) -> Self {
        Self(json!({"service": "ses", "operation": "SendEmail", "contains": contains}))
    }

    /// For text messages.
    #[must_use]
    pub fn of_sms(contains: &str) -> Self {
        Self(json!({"service": "sns", "operation": "Publish", "contains": contains}))
    }

    /// This number wants no text messages.
    #[must_use]
    pub fn opted_out(number: &str) -> Self {
        let operation = "CheckIfPhoneNumberIsOptedOut";
        Self(json!({"service": "sns", "operation": operation, "contains": number, "opted_out": true}))
    }

    /// For the question whether a number has opted out.
    #[must_use]
    pub fn of_check(number: &str) -> Self {
        Self(json!({"service": "sns", "operation": "CheckIfPhoneNumberIsOptedOut", "contains": number}))
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }

    /// Only with this in it.
    #[must_use]
    pub fn containing(self, text: &str) -> Self {
        self.with("contains", text.into())
    }

    /// Only for the next so many; otherwise until it is withdrawn.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        self.with("times", times.into())
    }

    /// An error of the service.
    #[must_use]
    pub fn error(self, status: u16, code: &str) -> Self {
        self.with("status", status.into()).with("code", code.into())
    }

    /// With this message.
    #[must_use]
    pub fn message(self, message: &str) -> Self {
        self.with("message", message.into())
    }

    /// No answer, until the function has had enough.
    #[must_use]
    pub fn hang(self) -> Self {
        self.with("fault", "hang".into())
    }

    /// The connection ends, and nothing was done.
    #[must_use]
    pub fn reset(self) -> Self {
        self.with("fault", "reset".into())
    }

    /// The connection ends, after it was done.
    #[must_use]
    pub fn lost(self) -> Self {
        self.with("fault", "lost".into())
    }
}

/// Takes orders.
#[derive(Debug, Clone)]
pub struct Answers(pub(crate) Recorded);

impl Answers {
    /// From now on; the order's number.
    ///
    /// # Errors
    /// If the recorder does not take it.
    pub async fn order(&self, order: Order) -> Result<u64> {
        let answer = self.0.request(Method::POST, "/answers").json(&order.0).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status.is_success(), "{status}: {body}");
        body["id"].as_u64().context("no id")
    }

    /// No longer; it may have been used up.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn withdraw(&self, order: u64) -> Result<()> {
        self.0.request(Method::DELETE, &format!("/answers/{order}")).send().await?.error_for_status()?;
        Ok(())
    }
}
