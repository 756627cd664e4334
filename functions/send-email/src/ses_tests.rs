//! What is asked of SES, and what its answers mean.

use aws_sdk_sesv2::primitives::Blob;
use carillon_domain::{Reason, TenantId};
use carillon_sender::{Failure, Outcome, RefusalKind};
use carillon_testkit::{FakeService, Reply};
use serde_json::json;

use crate::ses::{Message, Ses, outcome};
use crate::test_support::{client, email, impatient};

async fn send(ses: &Ses) -> Result<Option<String>, carillon_sender::Refusal> {
    let tenant = TenantId::parse("acme").unwrap();
    let mime = Blob::new("From: a@b.c\r\n\r\nHi");
    let message =
        Message { to: "ann@example.com", mime, tenant: &tenant, id: "ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u" };
    ses.send(&message).await
}

#[tokio::test]
async fn a_message_is_raw_and_tagged() {
    let ses =
        FakeService::start(|_| Reply::Says(200, json!({"MessageId": "m-7"}).to_string())).await.unwrap();
    assert_eq!(send(&client(ses.url())).await, Ok(Some(String::from("m-7"))));
    let expected = json!({
        "ConfigurationSetName": "events",
        "Content": {"Raw": {"Data": "RnJvbTogYUBiLmMNCg0KSGk="}},
        "Destination": {"ToAddresses": ["ann@example.com"]},
        "EmailTags": [
            {"Name": "tenant", "Value": "YWNtZQ"},
            {"Name": "notification", "Value": "ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u"},
        ],
    });
    assert_eq!(ses.asked()[0].json(), expected);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    use RefusalKind::{Forbidden, Passing, Refused, Throttled};
    let passing = |reply, code| (reply, Passing, Reason::Unavailable, code, None);
    let refused = |status, code| (Reply::Refuses(status, code, "no"), Refused, Reason::Rejected, code, None);
    let quota = Reply::Refuses(429, "TooManyRequestsException", "Daily message quota exceeded.");
    let large = "Message length is more than 10485760 bytes long: '10485761'.";
    let table = [
        (
            Reply::Refuses(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
            Throttled,
            Reason::Unavailable,
            "TooManyRequestsException",
            None,
        ),
        (
            Reply::Refuses(400, "ThrottlingException", ""),
            Throttled,
            Reason::Unavailable,
            "ThrottlingException",
            None,
        ),
        (quota, Passing, Reason::Unavailable, "TooManyRequestsException", Some(600)),
        passing(Reply::Refuses(400, "LimitExceededException", ""), "LimitExceededException"),
        passing(Reply::Refuses(400, "SendingPausedException", ""), "SendingPausedException"),
        passing(Reply::Refuses(500, "InternalServiceErrorException", ""), "InternalServiceErrorException"),
        passing(Reply::Says(503, String::new()), "503"),
        passing(Reply::Says(200, "no".into()), "answer_unreadable"),
        passing(Reply::Hangs, "timeout"),
        refused(400, "MessageRejected"),
        refused(400, "MailFromDomainNotVerifiedException"),
        refused(400, "BadRequestException"),
        refused(404, "NotFoundException"),
        refused(400, "AccountSuspendedException"),
        (
            Reply::Refuses(400, "BadRequestException", large),
            Refused,
            Reason::TooLarge,
            "BadRequestException",
            None,
        ),
        (
            Reply::Refuses(403, "AccessDeniedException", "ann@example.com"),
            Forbidden,
            Reason::NotConfigured,
            "AccessDeniedException",
            None,
        ),
    ];
    let ann = email("ann", "ann@example.com");
    for (reply, kind, reason, code, retry_after) in table {
        let told = format!("{reply:?}");
        let hangs = reply == Reply::Hangs;
        let ses = FakeService::start(move |_| reply.clone()).await.unwrap();
        let by = if hangs { impatient(ses.url()) } else { client(ses.url()) };
        let refusal = send(&by).await.unwrap_err();
        assert_eq!((refusal.kind, refusal.code.as_str()), (kind, code), "{told}");
        let failure = Failure { reason, detail: code.to_owned(), retry_after };
        let expected = if reason == Reason::Unavailable {
            Outcome::Again { rest: ann.clone(), failure, provider_id: None }
        } else {
            Outcome::Failed(failure)
        };
        assert_eq!(outcome(&refusal, &ann), expected, "{told}");
        assert_eq!(ses.asked().len(), 1, "the schedule tries again, not the client");
    }
    let nobody = send(&client("http://127.0.0.1:1")).await.unwrap_err();
    assert_eq!((nobody.kind, nobody.code.as_str()), (Passing, "connection_broken"));
}
