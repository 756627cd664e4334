//! RFC 9457.

use utoipa::ToSchema;

/// Why a request was refused. Nothing was stored. A member that is not there does not apply.
#[derive(ToSchema)]
#[schema(examples(json!({
    "type": "https://carillon.dev/problems/invalid_request", "title": "Unprocessable Entity", "status": 422,
    "code": "invalid_request", "detail": "title is required", "field": "title",
})))]
#[serde(deny_unknown_fields)]
pub(crate) struct Problem {
    /// Names the kind of problem; ends with the code.
    #[schema(pattern = "^https://carillon\\.dev/problems/[a-z_]+$")]
    r#type: String,
    /// The status in words.
    title: String,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: i32,
    /// What programs go by.
    code: Code,
    /// For people; may change.
    detail: String,
    /// The part of the request at fault, such as `recipients[3].user_id`, `limit` or `Idempotency-Key`.
    #[schema(nullable = false)]
    field: Option<String>,
}

/// Every code there is: `docs/errors.md`.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// 400: the body is not JSON.
    MalformedJson,
    /// 400: the cursor is not one that this list gave.
    InvalidCursor,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 404: the deployment has no key for Web Push.
    WebPushNotConfigured,
    /// 405.
    MethodNotAllowed,
    /// 409: it cannot be cancelled any more.
    AlreadySent,
    /// 409: a tenant can change or add 200 types.
    TooManyTypes,
    /// 409: the document was changed at the same time.
    Conflict,
    /// 409: that version is a deletion.
    NothingToRestore,
    /// 413.
    PayloadTooLarge,
    /// 415.
    UnsupportedMediaType,
    /// 422, and 400 for an empty or over-long `notification_ids`.
    InvalidRequest,
    /// 422, and 404 where the path names the type.
    UnknownType,
    /// 422: the key was used with another body.
    IdempotencyKeyReused,
    /// 500.
    Internal,
    /// 503.
    Unavailable,
}

/// What API Gateway itself answers.
#[derive(ToSchema)]
pub(crate) struct GatewayMessage {
    /// For people.
    message: String,
}
