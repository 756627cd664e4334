//! What senders are invoked with: messages as dispatch makes them, in SQS's events.

use serde_json::{Value, json};
use ulid::Ulid;

pub(crate) const TENANT: &str = "acme";
/// What every notification says.
pub(crate) const TYPE: &str = "payment_failed";
pub(crate) const TITLE: &str = "Your payment failed";
pub(crate) const BODY: &str = "The card ending in 4242 was declined. Please check it, or choose another way to pay, before Friday at 19:00.";
pub(crate) const DATA: &str = r#"{"amount":"EUR 12.00","card":"4242"}"#;
/// As `carillon_queue` packs: most recipients of a message.
pub(crate) const RECIPIENTS: usize = 25;

/// A recipient's name.
pub(crate) fn user(index: usize) -> String {
    format!("user-{index}")
}

/// The same content for these.
pub(crate) fn message(channel: &str, ulid: Ulid, recipients: &[Value], now: i64) -> Value {
    let content = json!({
        "type": TYPE, "category": "transactional", "priority": "high", "title": TITLE, "body": BODY, "data": DATA,
        "action_url": "https://example.com/billing/42", "expires_at": now + 86_400_000
    });
    json!({"delivery.v1": {
        "tenant": TENANT, "ulid": ulid.to_string(), "channel": channel, "content": content,
        "recipients": recipients, "trace": {"enqueued_at": now, "attempt": 0}
    }})
}

/// One invocation with these messages.
pub(crate) fn sqs(channel: &str, bodies: &[Value]) -> Value {
    let record = |(index, body): (usize, &Value)| {
        json!({
            "messageId": format!("00000000-0000-0000-0000-{index:012}"), "receiptHandle": "receipt",
            "body": body.to_string(), "messageAttributes": {}, "md5OfBody": "0".repeat(32),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000", "SenderId": "bench",
                "ApproximateFirstReceiveTimestamp": "1767225600001"},
            "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{channel}"),
            "awsRegion": "us-east-1"
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}
