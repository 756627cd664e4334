//! What operations refer to: who may, and what every answer may be.

use serde_json::{Value, json};

use super::put;

pub(super) fn security() -> Value {
    json!({
        "producer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "Audience `carillon:produce`. `notifications:send` may post and ask about its own notifications, \
                `notifications:admin` may do all of `/v1`. A type may ask for a scope of its own.",
        },
        "user": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "Audience `carillon:inbox`: `tenant`, `sub` (the user), and `account` for one that is limited to \
                an account. Where X-Tenant-ID, X-User-ID or X-Account-ID are sent, they must say the same (403).",
        },
    })
}

pub(super) fn headers() -> Value {
    json!({
        "RequestId": {"description": "Names the request in the logs.", "required": true,
            "schema": {"type": "string", "minLength": 1}},
        "ETag": {"description": "Changes with the body. Give it back as `If-None-Match`.", "required": true,
            "schema": {"type": "string", "pattern": "^\"[0-9a-f]{32}\"$"}},
        "RetryAfter": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
        "Challenge": {"description": "Bearer.", "schema": {"type": "string"}},
    })
}

pub(super) fn parameters() -> Value {
    json!({
        "IfNoneMatch": {"name": "If-None-Match", "in": "header", "required": false,
            "description": "The `ETag` of what the client has: 304 if it is still the same.",
            "schema": {"type": "string"},
            "example": "\"0123456789abcdef0123456789abcdef\""},
    })
}

pub(super) fn responses() -> Value {
    let example = |status: u16, title: &str, code: &str, detail: &str| {
        json!({"type": format!("https://carillon.dev/problems/{code}"), "title": title, "status": status, "code": code,
            "detail": detail})
    };
    let problem = |description: &str, example: Value| {
        json!({
            "description": description,
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
            "content": {"application/problem+json":
                {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
        })
    };
    let mut all = json!({
        "BadRequest": problem("The body is not JSON, or the cursor is not this list's.",
            example(400, "Bad Request", "malformed_json", "the body is not valid JSON: EOF while parsing an object")),
        "Unauthenticated": problem("No token, or one that does not verify, has expired, or is for another audience.",
            example(401, "Unauthorized", "unauthenticated", "the token has expired")),
        "Forbidden": problem("The token lacks a scope, or a header says otherwise than the token.",
            example(403, "Forbidden", "forbidden", "the token lacks the scope notifications:admin")),
        "NotFound": problem("It does not exist, or is not yours: the two cannot be told apart.",
            example(404, "Not Found", "not_found", "there is nothing here")),
        "Conflict": problem("It cannot be done any more, or would be too many.",
            example(409, "Conflict", "already_sent", "it was decided that it does not go out")),
        "TooLarge": problem("A body over 256 KiB, or a notification that no socket could carry.",
            example(413, "Payload Too Large", "payload_too_large", "the body is 300000 bytes; at most 262144 are accepted")),
        "UnsupportedMediaType": problem("The body must be declared as application/json.",
            example(415, "Unsupported Media Type", "unsupported_media_type", "the body must be JSON")),
        "Invalid": problem("A field or parameter is missing or out of bounds; `field` names it.",
            json!({"type": "https://carillon.dev/problems/invalid_request", "title": "Unprocessable Entity", "status": 422,
                "code": "invalid_request", "detail": "title is required", "field": "title"})),
        "Internal": problem("Ours to mend; the log has the cause.",
            example(500, "Internal Server Error", "internal", "something went wrong on our side")),
        "Unavailable": problem("Something behind us did not answer: repeat the request.",
            example(503, "Service Unavailable", "unavailable", "try again in a moment")),
        "Throttled": {
            "description": "Above the stage's limits. Answered by API Gateway itself.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/GatewayMessage"},
                "example": {"message": "Too Many Requests"}}},
        },
        "NotModified": {
            "description": "It is still what the client has.",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"},
                "etag": {"$ref": "#/components/headers/ETag"}},
        },
    });
    for name in ["NotFound", "Unavailable"] {
        put(
            &mut all,
            &format!("/{name}/headers/retry-after"),
            json!({"$ref": "#/components/headers/RetryAfter"}),
        );
    }
    put(
        &mut all,
        "/Unauthenticated/headers/www-authenticate",
        json!({"$ref": "#/components/headers/Challenge"}),
    );
    all
}
