//! Google's Instance ID API: who is in which topic.
//! <https://developers.google.com/instance-id/reference/server#manage_relationship_maps_for_multiple_app_instances>.

use carillon_domain::Reason;
use carillon_egress::{Answer, retry_after};
use carillon_sender::Failure;
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::Trouble;
use super::client::{Fcm, JSON, refusal};
use crate::reached::Reached;
use crate::time_left::TimeLeft;

/// Most tokens in a request.
pub(crate) const MOST: usize = 1_000;
/// Says that the token is OAuth's, and not a server key.
const TOKEN_AUTH: HeaderName = HeaderName::from_static("access_token_auth");

/// What became of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    /// It is as it is to be.
    Done,
    /// There is no such device any more.
    Gone,
    /// It may work later.
    Retry(Failure),
    /// It never will; with Google's word for why.
    Refused(String),
}

#[derive(Serialize)]
struct Change<'a> {
    to: String,
    registration_tokens: &'a [&'a str],
}

#[derive(Deserialize)]
struct Changed {
    results: Vec<Result_>,
}

#[derive(Deserialize, Default)]
struct Result_ {
    error: Option<String>,
}

impl Fcm {
    /// Puts devices into a topic (by FCM's name for it), or takes them out; answers for each of them. At most 1000.
    pub(crate) async fn member(
        &self,
        join: bool,
        topic: &str,
        tokens: &[&str],
        time: TimeLeft,
    ) -> Result<Vec<Member>, Trouble> {
        let change = Change { to: format!("/topics/{topic}"), registration_tokens: tokens };
        let body = serde_json::to_vec(&change)
            .map_err(|_| Trouble::Permanent(Failure::new(Reason::Rejected, "unwritable")))?;
        let path = if join { "batchAdd" } else { "batchRemove" };
        let url = format!("{}/iid/v1:{path}", self.iid);
        let token = self.token(time).await?;
        let answer = self.post_iid(&url, token.bearer.clone(), body.clone(), time).await?;
        let answer = if answer.status == StatusCode::UNAUTHORIZED {
            self.forget(&token).await;
            let token = self.token(time).await?;
            self.post_iid(&url, token.bearer.clone(), body, time).await?
        } else {
            answer
        };
        members(&answer, tokens.len(), time)
    }

    async fn post_iid(
        &self,
        url: &str,
        bearer: HeaderValue,
        body: Vec<u8>,
        time: TimeLeft,
    ) -> Result<Answer, Trouble> {
        if !time.enough() {
            return Err(Trouble::NoTime);
        }
        let headers =
            [(AUTHORIZATION, bearer), (CONTENT_TYPE, JSON), (TOKEN_AUTH, HeaderValue::from_static("true"))];
        let sent = self.http().await?.post(url, HeaderMap::from_iter(headers), body).await;
        sent.map_err(|error| Trouble::Passing(Failure::new(Reason::Unavailable, error.code())))
    }
}

fn members(answer: &Answer, count: usize, time: TimeLeft) -> Result<Vec<Member>, Trouble> {
    let wait = retry_after(&answer.headers, time.now().seconds());
    if let Some(refusal) = refusal(answer) {
        return Err(match refusal.reached(wait) {
            Reached::Retry(failure) => Trouble::Passing(failure),
            Reached::Rejected(failure) => Trouble::Permanent(failure),
            Reached::Sent(_) | Reached::Gone => Trouble::Permanent(Failure::new(Reason::Rejected, "refused")),
        });
    }
    match serde_json::from_slice::<Changed>(&answer.body) {
        Ok(changed) if changed.results.len() == count => {
            Ok(changed.results.into_iter().map(|result| member(result.error, wait)).collect())
        }
        Ok(_) | Err(_) => Err(Trouble::Passing(Failure::new(Reason::Unavailable, "answer unreadable"))),
    }
}

fn member(error: Option<String>, retry_after: Option<i64>) -> Member {
    let Some(error) = error else { return Member::Done };
    match error.as_str() {
        "NOT_FOUND" | "UNREGISTERED" => Member::Gone,
        // A token that is none, or is in as many topics as it can be.
        "INVALID_ARGUMENT" | "TOO_MANY_TOPICS" | "PERMISSION_DENIED" => Member::Refused(error),
        _ => {
            let known = error.len() <= 40 && error.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            let detail = if known { error } else { String::from("error") };
            Member::Retry(Failure { reason: Reason::Unavailable, detail, retry_after })
        }
    }
}
