//! What a failed call of an AWS service that sends to people means.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use carillon_domain::Reason;

use crate::outcome::Failure;

/// What AWS's services say to who asks too often, each in its own words.
const THROTTLED: [&str; 7] = [
    "Throttling",
    "ThrottlingException",
    "Throttled",
    "ThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "RequestLimitExceeded",
];
/// What they say to who may not ask: somebody has to change the deployment.
const FORBIDDEN: [&str; 7] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "OptInRequired",
];
/// Over in a moment, though the request is said to be wrong: a clock, or credentials that are just being replaced.
const PASSING: [&str; 5] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "RequestTimeoutException",
];

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means, as far as all services mean the same by it.
    pub kind: RefusalKind,
    /// The service's own code, else what happened: `timeout`. Fit for rows and logs.
    pub code: String,
    /// The service's own words. They may quote an address: for looking at, not for showing.
    pub says: String,
}

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// It wants to be asked less often.
    Throttled,
    /// It may work later.
    Passing,
    /// We may not ask.
    Forbidden,
    /// It does not take this request.
    Refused,
}

impl Refusal {
    /// Reads the error of a call.
    pub fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        use RefusalKind::{Forbidden, Passing, Refused, Throttled};
        let service = match error {
            SdkError::ServiceError(service) => service,
            // It was not sent, and never will be.
            SdkError::ConstructionFailure(_) => return Self::unwritable(),
            SdkError::TimeoutError(_) => return Self::plain(Passing, "timeout"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                return Self::plain(Passing, "timeout");
            }
            SdkError::ResponseError(_) => return Self::plain(Passing, "answer_unreadable"),
            SdkError::DispatchFailure(_) | _ => return Self::plain(Passing, "connection_broken"),
        };
        let status = service.raw().status().as_u16();
        if (200..300).contains(&status) {
            // It may well have gone out, and nobody knows as what.
            return Self::plain(Passing, "answer_unreadable");
        }
        let code = service.err().code().filter(|code| is_code(code));
        let kind = match (code, status) {
            (Some(code), _) if THROTTLED.contains(&code) => Throttled,
            (_, 429) => Throttled,
            (Some(code), _) if PASSING.contains(&code) => Passing,
            (Some(code), _) if FORBIDDEN.contains(&code) => Forbidden,
            (_, 408 | 500..) => Passing,
            (_, 401 | 403) => Forbidden,
            _ => Refused,
        };
        let code = code.map_or_else(|| status.to_string(), str::to_owned);
        Self { kind, code, says: service.err().message().unwrap_or_default().to_owned() }
    }

    /// A request that cannot even be written.
    #[must_use]
    pub fn unwritable() -> Self {
        Self::plain(RefusalKind::Refused, "unwritable")
    }

    fn plain(kind: RefusalKind, code: &str) -> Self {
        Self { kind, code: code.to_owned(), says: String::new() }
    }

    /// With this reason, and the code as its detail.
    #[must_use]
    pub fn failure(&self, reason: Reason) -> Failure {
        Failure::new(reason, &self.code)
    }
}

/// Only what has the form of a code gets into logs and rows.
fn is_code(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}
