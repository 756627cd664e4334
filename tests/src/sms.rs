//! The text messages that SNS took.

use anyhow::{Context as _, Result};

use crate::outgoing::{Call, Filter, Recorded};

/// Text messages, by number.
#[derive(Debug)]
pub struct TextMessages(pub(crate) Recorded);

impl TextMessages {
    /// Waits until SNS has taken at least so many for a number, and returns those that it took.
    ///
    /// # Errors
    /// If they do not come before the deadline.
    pub async fn wait(&self, number: &str, count: usize) -> Result<Vec<Call>> {
        let calls = self.0.wait(&Self::to(number), count).await?;
        Ok(calls.into_iter().filter(|call| call.status == Some(200)).collect())
    }

    /// The only one for a number, once it came.
    ///
    /// # Errors
    /// If none comes before the deadline, or there are more.
    pub async fn one(&self, number: &str) -> Result<Call> {
        let mut calls = self.wait(number, 1).await?;
        anyhow::ensure!(calls.len() == 1, "{} for {number}", calls.len());
        calls.pop().context("no text message")
    }

    /// All that SNS was asked to send to a number so far, however it answered.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn asked(&self, number: &str) -> Result<Vec<Call>> {
        self.0.calls(&Self::to(number)).await
    }

    /// How often it was asked whether a number has opted out.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn checked(&self, number: &str) -> Result<usize> {
        let filter = Filter { operation: "CheckIfPhoneNumberIsOptedOut", ..Self::to(number) };
        Ok(self.0.calls(&filter).await?.len())
    }

    fn to(number: &str) -> Filter<'_> {
        Filter { service: "sns", operation: "Publish", contains: number }
    }
}

impl Call {
    /// What the text message says.
    #[must_use]
    pub fn message(&self) -> &str {
        self.parameters["Message"].as_str().unwrap_or_default()
    }

    /// An attribute of the text message, such as `SMSType`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.parameters["MessageAttributes"][format!("AWS.SNS.SMS.{name}")]["StringValue"].as_str()
    }
}
