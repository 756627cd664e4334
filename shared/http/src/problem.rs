//! RFC 9457 problem details: what a caller sees of an error.

use axum::Json;
use axum::response::{IntoResponse, Response};
use carillon_auth::AuthError;
use carillon_domain::InputError;
use carillon_store::StoreError;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// An error as the caller sees it. `code` is a public contract (`docs/errors.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable machine-readable code.
    pub code: &'static str,
    /// For a person; names no internals.
    pub detail: String,
    /// The field at fault.
    pub field: Option<String>,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Problem {
    /// A problem without field or retry.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), field: None, retry_after: None }
    }

    /// 404, the same for what never existed and what belongs to someone else.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
    }

    /// 422 on one field.
    #[must_use]
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let field = Some(field.to_owned()).filter(|field| !field.is_empty());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail) }
    }

    /// 503: something behind us did not answer in time; the request may be repeated.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "try again in a moment").retry_after(1)
    }

    /// 500: ours to mend; the log has the cause.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")
    }

    /// Names the field.
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: format!("https://carillon.dev/problems/{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            field: self.field.as_deref(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let problem = Self::new(status, error.code(), error.to_string());
        if error.retryable() { problem.retry_after(1) } else { problem }
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        let detail = error.to_string();
        match error {
            InputError::Malformed(_) => Self::new(StatusCode::BAD_REQUEST, "malformed_json", detail),
            InputError::Invalid(at) => Self::invalid(&at.field, detail.trim_start()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(code = error.code(), %error, "a request failed");
        if error.retryable() { Self::unavailable() } else { Self::internal() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_is_rfc_9457_and_names_the_field() {
        let response = Problem::invalid("title", "is required").retry_after(3).into_response();
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[RETRY_AFTER], "3");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "https://carillon.dev/problems/invalid_request", "title": "Unprocessable Entity",
                "status": 422, "code": "invalid_request", "detail": "is required", "field": "title",
            })
        );
    }

    #[test]
    fn what_is_wrong_with_a_body_is_told_by_its_field() {
        use carillon_domain::FieldError;
        let invalid = |field: &str| Problem::from(InputError::from(FieldError::new(field, "must be short")));
        let problem = invalid("recipients[3].phone");
        assert_eq!((problem.status.as_u16(), problem.code), (422, "invalid_request"));
        assert_eq!(problem.field.as_deref(), Some("recipients[3].phone"));
        assert_eq!(problem.detail, "recipients[3].phone must be short");
        assert_eq!((invalid("").field, invalid("").detail.as_str()), (None, "must be short"));
        let malformed = Problem::from(InputError::Malformed(String::from("EOF")));
        assert_eq!((malformed.status.as_u16(), malformed.code), (400, "malformed_json"));
    }
}
