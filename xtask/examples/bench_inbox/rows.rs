//! An inbox of a given size, as dispatch would have stored it.

use anyhow::Result;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::LocalDynamo;
use std::collections::HashMap;

/// Fills alice's inbox; answers the public ids.
pub(crate) async fn fill(dynamo: &LocalDynamo, size: usize) -> Result<Vec<String>> {
    #[expect(clippy::disallowed_methods, reason = "the rows must be of today")]
    let now = jiff::Timestamp::now().as_millisecond();
    let mut ids = Vec::new();
    let mut requests = Vec::new();
    for index in 0..size {
        let created = now - 1_000 * i64::try_from(size - index)?;
        let ulid = ulid::Ulid::from_parts(u64::try_from(created)?, u128::try_from(index)?);
        ids.push(format!("ntf_{ulid}{}", URL_SAFE_NO_PAD.encode("alice")));
        let put = PutRequest::builder().set_item(Some(row(ulid, created))).build()?;
        requests.push(WriteRequest::builder().put_request(put).build());
    }
    for batch in requests.chunks(25) {
        dynamo
            .client()
            .batch_write_item()
            .request_items(dynamo.table("Inbox"), batch.to_vec())
            .send()
            .await?;
    }
    Ok(ids)
}

fn row(ulid: ulid::Ulid, created: i64) -> HashMap<String, AttributeValue> {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let n = |number: i64| AttributeValue::N(number.to_string());
    let sent = HashMap::from([
        ("state".to_owned(), s("sent")),
        ("attempts".to_owned(), n(1)),
        ("at".to_owned(), n(created)),
    ]);
    let pairs = [
        ("pk", s("acme#alice")),
        ("sk", s(&format!("n#{ulid}"))),
        ("type", s("booking_confirmed")),
        ("category", s("transactional")),
        ("priority", s("high")),
        ("title", s("Table for two")),
        ("body", s(&"Friday, 19:00. ".repeat(12))),
        ("data", s(r#"{"deep_link":"app://bookings/1"}"#)),
        ("producer", s("bench")),
        ("created_at", n(created)),
        ("expires_at", n(created + 86_400_000)),
        ("unread", s(&ulid.to_string())),
        ("purge_at", n(created / 1_000 + 5_184_000)),
        ("deliveries", AttributeValue::M(HashMap::from([("in_app".to_owned(), AttributeValue::M(sent))]))),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
