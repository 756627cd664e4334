//! What each of Google's answers means.

use carillon_domain::Reason;
use http::StatusCode;
use serde_json::{Value, json};

use super::error::Refusal;
use crate::reached::Reached;
use crate::test_support::{failure, retry};

fn google(code: u16, status: &str, own: &str, message: &str) -> Value {
    let details = json!([{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": own}]);
    json!({"error": {"code": code, "message": message, "status": status, "details": details}})
}

fn rejected(reason: Reason, detail: &str) -> Reached {
    Reached::Rejected(failure(reason, detail, None))
}

#[test]
fn every_code_has_its_consequence() {
    let invalid = "INVALID_ARGUMENT";
    let token = "The registration token is not a valid FCM registration token";
    let field = json!({"error": {"status": invalid, "details": [
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "message.token"}]},
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": invalid}]}});
    let value = json!({"error": {"status": invalid, "details": [{"fieldViolations": [{"field": "message.data[0].value"}]}]}});
    let table = [
        (404, google(404, "NOT_FOUND", "UNREGISTERED", "gone"), None, Reached::Gone),
        (403, google(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", ""), None, Reached::Gone),
        (400, google(400, invalid, invalid, token), None, Reached::Gone),
        (400, field, None, Reached::Gone),
        (400, value, None, rejected(Reason::Rejected, invalid)),
        (
            400,
            google(400, invalid, invalid, "Android message is too big"),
            None,
            rejected(Reason::TooLarge, invalid),
        ),
        (
            401,
            google(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", ""),
            None,
            rejected(Reason::Rejected, "THIRD_PARTY_AUTH_ERROR"),
        ),
        (401, json!({"error": {"status": "UNAUTHENTICATED"}}), None, retry("UNAUTHENTICATED", None)),
        (
            403,
            json!({"error": {"status": "PERMISSION_DENIED"}}),
            None,
            rejected(Reason::Rejected, "PERMISSION_DENIED"),
        ),
        (404, json!({"error": {"status": "NOT_FOUND"}}), None, rejected(Reason::Rejected, "NOT_FOUND")),
        (404, json!("<html>"), None, rejected(Reason::Rejected, "404")),
        (
            429,
            google(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", ""),
            None,
            retry("QUOTA_EXCEEDED", Some(60)),
        ),
        (
            429,
            google(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", ""),
            Some(7),
            retry("QUOTA_EXCEEDED", Some(7)),
        ),
        (429, json!(null), None, retry("429", Some(60))),
        (503, google(503, "UNAVAILABLE", "UNAVAILABLE", ""), Some(30), retry("UNAVAILABLE", Some(30))),
        (503, json!({}), None, retry("503", None)),
        (500, google(500, "INTERNAL", "INTERNAL", ""), None, retry("INTERNAL", None)),
        (502, json!("bad gateway"), Some(5), retry("502", Some(5))),
        (408, json!({}), None, retry("408", None)),
        (418, json!({}), None, rejected(Reason::Rejected, "418")),
        (302, json!({}), None, rejected(Reason::Rejected, "302")),
    ];
    for (status, body, retry_after, expected) in table {
        let refusal = Refusal::read(StatusCode::from_u16(status).unwrap(), body.to_string().as_bytes());
        assert_eq!(refusal.reached(retry_after), expected, "{status} {body}");
    }
}

#[test]
fn a_code_that_is_none_is_not_repeated() {
    let body = json!({"error": {"status": "token abc was refused"}}).to_string();
    assert_eq!(
        Refusal::read(StatusCode::BAD_REQUEST, body.as_bytes()).reached(None),
        rejected(Reason::Rejected, "400")
    );
}
