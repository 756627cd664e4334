//! Sends messages: one connection for all devices, one access token for all messages.

use std::sync::Arc;
use std::time::Duration;

use carillon_domain::Reason;
use carillon_egress::{Answer, Client, Egress, Limits, Protocol, Refused, retry_after};
use carillon_sender::Failure;
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::Trouble;
use super::credentials::Credentials;
use super::error::Refusal;
use super::message::{Message, Target};
use super::oauth::{self, Token};
use super::secret::Secret;
use crate::reached::Reached;
use crate::single::Single;
use crate::time_left::{REQUEST, TimeLeft};

/// Google's answers are short.
pub(crate) const LIMITS: Limits =
    Limits { connect: Duration::from_secs(2), total: REQUEST, answer: 64 * 1024 };
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The longest name of a message that is kept.
const LONGEST_NAME: usize = 200;

/// FCM, or what stands in for it.
#[derive(Debug)]
pub(crate) struct Fcm {
    base: String,
    pub(super) iid: String,
    egress: Egress,
    secret: Secret,
    pub(super) http: OnceCell<Client>,
    token: Single<Arc<Token>, Trouble>,
}

#[derive(Deserialize)]
struct Accepted {
    name: String,
}

impl Fcm {
    /// FCM at this URL, topics at that one, with the service account of this secret. Reads and connects when the first message is sent.
    pub(crate) fn new(base: &str, iid: &str, egress: Egress, secret: Secret) -> Result<Self, Refused> {
        egress.check(base)?;
        egress.check(iid)?;
        let [base, iid] = [base, iid].map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self { base, iid, egress, secret, http: OnceCell::new(), token: Single::new() })
    }

    /// Sends one message. None: there is no time left to begin with it.
    pub(crate) async fn send(
        &self,
        message: &Message,
        target: Target<'_>,
        time: TimeLeft,
    ) -> Option<Reached> {
        self.try_send(message, target, time).await.map_or_else(Trouble::reached, Some)
    }

    async fn try_send(
        &self,
        message: &Message,
        target: Target<'_>,
        time: TimeLeft,
    ) -> Result<Reached, Trouble> {
        let body = message.to(target).map_err(Trouble::Permanent)?;
        let token = self.token(time).await?;
        let answer = self.post(&token, body.clone(), time).await?;
        let answer = if refusal(&answer).is_some_and(|refusal| refusal.unauthenticated()) {
            self.forget(&token).await;
            let token = self.token(time).await?;
            self.post(&token, body, time).await?
        } else {
            answer
        };
        Ok(match refusal(&answer) {
            None => Reached::Sent(name(&answer)),
            Some(refusal) => refusal.reached(retry_after(&answer.headers, time.now().seconds())),
        })
    }

    /// The token that holds, or a new one.
    pub(super) async fn token(&self, time: TimeLeft) -> Result<Arc<Token>, Trouble> {
        let credentials = self.secret.get(time, |text| Credentials::parse(text, &self.egress)).await?;
        let holds = |token: &Arc<Token>| token.holds(&credentials, time.now());
        let fetch = async |_| {
            if !time.enough() {
                return Err(Trouble::NoTime);
            }
            oauth::fetch(self.http().await?, Arc::clone(&credentials), time.now()).await.map(Arc::new)
        };
        self.token.get(holds, fetch).await
    }

    /// It is no good any more.
    pub(super) async fn forget(&self, token: &Arc<Token>) {
        self.token.forget(|kept| Arc::ptr_eq(kept, token)).await;
    }

    async fn post(&self, token: &Token, body: Vec<u8>, time: TimeLeft) -> Result<Answer, Trouble> {
        if !time.enough() {
            return Err(Trouble::NoTime);
        }
        let url = format!("{}/v1/projects/{}/messages:send", self.base, token.credentials.project_id);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, token.bearer.clone()), (CONTENT_TYPE, JSON)]);
        let sent = self.http().await?.post(&url, headers, body).await;
        sent.map_err(|error| Trouble::Passing(Failure::new(Reason::Unavailable, error.code())))
    }

    pub(super) async fn http(&self) -> Result<&Client, Trouble> {
        let built =
            self.http.get_or_try_init(async || Client::new(&self.egress, LIMITS, Protocol::Http2)).await;
        built.map_err(|error| {
            tracing::error!(code = "fcm_client", %error, "no HTTP client could be built");
            Trouble::Passing(Failure::new(Reason::Unavailable, "no client"))
        })
    }
}

pub(super) fn refusal(answer: &Answer) -> Option<Refusal> {
    (answer.status != StatusCode::OK).then(|| Refusal::read(answer.status, &answer.body))
}

/// What FCM calls the message. One without a name has been taken all the same.
fn name(answer: &Answer) -> Option<String> {
    let accepted: Accepted = serde_json::from_slice(&answer.body).ok()?;
    Some(accepted.name).filter(|name| name.len() <= LONGEST_NAME)
}
