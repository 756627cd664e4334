//! Web Push: a browser's push service (RFC 8030), what it carries encrypted for the browser (RFC 8291), and who sends it
//! (RFC 8292).

mod answer;
mod encrypt;
mod headers;
mod key;
mod payload;
mod secret;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;

use std::fmt::Display;
use std::time::Duration;

use carillon_domain::{Content, Device, DeviceAddress, Reason};
use carillon_egress::{Client, Egress, Limits, Protocol, SendError};
use carillon_sender::Failure;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use tokio::sync::OnceCell;

pub(crate) use secret::Secret;

use crate::reached::Reached;
use crate::time_left::{REQUEST, TimeLeft};

/// Of an answer only the status and headers count.
pub(crate) const LIMITS: Limits = Limits { connect: Duration::from_secs(2), total: REQUEST, answer: 4_096 };

/// All push services that browsers name.
#[derive(Debug)]
pub(crate) struct WebPush {
    egress: Egress,
    secret: Secret,
    http: OnceCell<Client>,
}

impl WebPush {
    /// With the key of this secret. Reads and connects when the first message is sent.
    pub(crate) fn new(egress: Egress, secret: Secret) -> Self {
        Self { egress, secret, http: OnceCell::new() }
    }

    /// Sends one notification to one browser. None: there is no time left to begin with it. A device of FCM is none of
    /// ours, and rejected.
    pub(crate) async fn send(
        &self,
        content: &Content,
        id: &impl Display,
        device: &Device,
        time: TimeLeft,
    ) -> Option<Reached> {
        let DeviceAddress::WebPush { endpoint, p256dh, auth } = &device.address else {
            return Some(Reached::Rejected(Failure::new(Reason::Rejected, "not a browser's subscription")));
        };
        let left_seconds = content.expires_at.seconds() - time.now().seconds();
        let mut headers = headers::headers(content, left_seconds);
        let authorization = match self.authorization(endpoint, time).await? {
            Ok(authorization) => authorization,
            Err(reached) => return Some(reached),
        };
        headers.insert(AUTHORIZATION, authorization);
        // The second time for a service that takes less than all should.
        for most in [payload::MOST, payload::MOST / 2] {
            let Some(plain) = payload::payload(content, id, most) else { break };
            // Keys that nothing can be encrypted for will never be good.
            let Some(body) = encrypt::encrypt(plain, p256dh, auth) else { return Some(Reached::Gone) };
            if !time.enough() {
                return None;
            }
            let answer = match self.post(endpoint, headers.clone(), body).await {
                Ok(answer) => answer,
                Err(reached) => return Some(reached),
            };
            if let Some(reached) = answer::meaning(&answer, time.now()) {
                return Some(reached);
            }
        }
        Some(Reached::Rejected(Failure::new(Reason::TooLarge, "payload too large")))
    }

    /// Which service a browser is reached by; None if it is not asked.
    pub(crate) fn origin(&self, device: &Device) -> Option<String> {
        let url = self.egress.check(device.address.identity()).ok()?;
        Some(url.origin().ascii_serialization())
    }

    /// Who we are, for this endpoint's service. None: no time left.
    async fn authorization(&self, endpoint: &str, time: TimeLeft) -> Option<Result<HeaderValue, Reached>> {
        // Before the key is looked at, so that a refused endpoint costs nothing.
        let url = match self.egress.check(endpoint) {
            Ok(url) => url,
            Err(refused) => return Some(Err(answer::silence(&SendError::Refused(refused)))),
        };
        match self.secret.authorization(&url.origin().ascii_serialization(), time).await {
            Ok(authorization) => Some(Ok(authorization)),
            Err(trouble) => trouble.reached().map(Err),
        }
    }

    async fn post(
        &self,
        endpoint: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<carillon_egress::Answer, Reached> {
        let http = self.http.get_or_try_init(async || Client::new(&self.egress, LIMITS, Protocol::Any)).await;
        let http = http.map_err(|error| {
            tracing::error!(code = "web_push_client", %error, "no HTTP client could be built");
            Reached::Retry(Failure::new(Reason::Unavailable, "no client"))
        })?;
        http.post(endpoint, headers, body).await.map_err(|error| answer::silence(&error))
    }
}
