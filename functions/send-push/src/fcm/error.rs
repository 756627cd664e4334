//! What FCM's refusals mean: <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.

use carillon_domain::Reason;
use carillon_sender::Failure;
use http::StatusCode;
use serde::Deserialize;

use crate::reached::Reached;

/// Google asks to wait a minute where a quota is exceeded and no `Retry-After` says otherwise.
const QUOTA_SECONDS: i64 = 60;

/// An answer other than 200.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: Option<String>,
    /// It is about the registration token, not about what is sent to it.
    about_token: bool,
    too_big: bool,
}

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    error: ErrorBody,
}

#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default)]
    status: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    error_code: Option<String>,
    field_violations: Vec<Violation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Violation {
    field: String,
}

impl Refusal {
    /// Reads it. What is no JSON of Google's goes by its status alone.
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Self {
        let error = serde_json::from_slice::<Body>(body).unwrap_or_default().error;
        // FCM's own code is in the details; Google's general one, such as NOT_FOUND, says less.
        let own = error.details.iter().find_map(|detail| detail.error_code.clone());
        let code = own.or(Some(error.status)).filter(|code| is_code(code));
        let fields = error.details.iter().flat_map(|detail| &detail.field_violations);
        let about_token = fields.into_iter().any(|violation| violation.field == "message.token")
            || error.message.contains("not a valid FCM registration token");
        let too_big = error.message.to_ascii_lowercase().contains("too big");
        Self { status, code, about_token, too_big }
    }

    /// Whether another access token may help. An APNs certificate that is no good is a 401, too, and none of ours.
    pub(crate) fn unauthenticated(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED && self.code.as_deref() != Some("THIRD_PARTY_AUTH_ERROR")
    }

    /// What it means for the device.
    pub(crate) fn reached(&self, retry_after: Option<i64>) -> Reached {
        let code = self.code.as_deref();
        match code {
            // Without FCM's code a 404 is a wrong URL or project, and no device is to be lost for that.
            Some("UNREGISTERED" | "SENDER_ID_MISMATCH") => return Reached::Gone,
            Some("INVALID_ARGUMENT") if self.about_token => return Reached::Gone,
            Some("INVALID_ARGUMENT") if self.too_big => return self.rejected(Reason::TooLarge),
            Some("QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED") => {
                return self.retry(retry_after.or(Some(QUOTA_SECONDS)));
            }
            Some("UNAVAILABLE" | "INTERNAL") => return self.retry(retry_after),
            _ => {}
        }
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => self.retry(retry_after.or(Some(QUOTA_SECONDS))),
            StatusCode::REQUEST_TIMEOUT => self.retry(retry_after),
            _ if self.unauthenticated() || self.status.is_server_error() => self.retry(retry_after),
            _ => self.rejected(Reason::Rejected),
        }
    }

    fn retry(&self, retry_after: Option<i64>) -> Reached {
        Reached::Retry(Failure { reason: Reason::Unavailable, detail: self.detail(), retry_after })
    }

    fn rejected(&self, reason: Reason) -> Reached {
        Reached::Rejected(Failure { reason, detail: self.detail(), retry_after: None })
    }

    fn detail(&self) -> String {
        self.code.clone().unwrap_or_else(|| self.status.as_u16().to_string())
    }
}

/// Only what has the form of a code gets into logs and rows: a text could quote the token.
fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
