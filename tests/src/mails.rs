//! The mails that SES took of a tenant's, read by an independent parser.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::outgoing::{Call, Filter, Recorded};
use crate::{python, text};

/// A mail as its reader sees it, and how it was handed over.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The parameters of SendEmail, and the answer.
    pub call: Call,
    /// As it goes over the wire.
    pub raw: Vec<u8>,
    /// What was parsed of it.
    pub parsed: Parsed,
}

/// `tests/python/mime.py` makes this.
#[derive(Debug, Clone, Deserialize)]
pub struct Parsed {
    /// Names and values as they are shown, in order.
    pub headers: Vec<(String, String)>,
    /// For readers of plain text.
    pub text: String,
    /// For all others.
    pub html: String,
    /// Content types and transfer encodings, in order.
    pub parts: Vec<(String, String)>,
    /// What is not as it should be.
    pub defects: Vec<String>,
    /// In bytes.
    pub longest_line: usize,
}

impl Mail {
    async fn read(calls: Vec<Call>) -> Result<Vec<Self>> {
        let data = calls.iter().map(|call| text(&call.parameters["Content"]["Raw"], "Data"));
        let data = data.collect::<Result<Vec<_>>>()?;
        let parsed =
            if data.is_empty() { json!([]) } else { python("mime.py", "read", &json!(data)).await? };
        let parsed: Vec<Parsed> = serde_json::from_value(parsed).context("a mail without text or HTML")?;
        let raw = data.iter().map(|data| Ok(STANDARD.decode(data)?)).collect::<Result<Vec<_>>>()?;
        let mails = calls.into_iter().zip(raw).zip(parsed);
        Ok(mails.map(|((call, raw), parsed)| Self { call, raw, parsed }).collect())
    }

    /// A header's value; of several the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.parsed.headers.iter();
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.header("subject").unwrap_or_default()
    }

    /// For readers of plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.parsed.text
    }

    /// For all others.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.parsed.html
    }

    /// Where SES delivers it, whatever its headers say.
    ///
    /// # Errors
    /// If it goes nowhere.
    pub fn to(&self) -> Result<Vec<&str>> {
        let to = crate::list(&self.call.parameters["Destination"], "ToAddresses")?;
        Ok(to.iter().filter_map(Value::as_str).collect())
    }

    /// A tag that SES's events carry: what it says before it was encoded.
    ///
    /// # Errors
    /// If there is no such tag, or it is not base64url.
    pub fn tag(&self, name: &str) -> Result<String> {
        let mut tags = crate::list(&self.call.parameters, "EmailTags")?.iter();
        let tag = tags.find(|tag| tag["Name"] == name).with_context(|| format!("no tag {name}"))?;
        let value = text(tag, "Value")?;
        // An id is made of what tags take.
        let encoded = name == "tenant";
        if encoded { Ok(String::from_utf8(URL_SAFE_NO_PAD.decode(value)?)?) } else { Ok(value.to_owned()) }
    }

    /// The link that unsubscribes with one click, if it has one.
    #[must_use]
    pub fn unsubscribe_url(&self) -> Option<&str> {
        self.header("list-unsubscribe")?.strip_prefix('<')?.strip_suffix('>')
    }
}

/// A tenant's mails.
#[derive(Debug)]
pub struct Mails(pub(crate) Recorded);

impl Mails {
    /// Waits until SES has taken at least so many for an address, and returns those that it took.
    ///
    /// # Errors
    /// If they do not come before the deadline, or one is no mail.
    pub async fn wait(&self, address: &str, count: usize) -> Result<Vec<Mail>> {
        let calls = self.0.wait(&Self::to(address), count).await?;
        Mail::read(calls.into_iter().filter(|call| call.status == Some(200)).collect()).await
    }

    /// The only one for an address, once it came.
    ///
    /// # Errors
    /// If none comes before the deadline, or there are more.
    pub async fn one(&self, address: &str) -> Result<Mail> {
        let mut mails = self.wait(address, 1).await?;
        anyhow::ensure!(mails.len() == 1, "{} mails for {address}", mails.len());
        mails.pop().context("no mail")
    }

    /// All that SES was asked for an address so far, however it answered.
    ///
    /// # Errors
    /// If the recorder does not answer.
    pub async fn asked(&self, address: &str) -> Result<Vec<Call>> {
        self.0.calls(&Self::to(address)).await
    }

    fn to(address: &str) -> Filter<'_> {
        Filter { service: "ses", operation: "SendEmail", contains: address }
    }
}
