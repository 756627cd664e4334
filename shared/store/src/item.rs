//! Small helpers around attribute values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Millis, TenantId, UserId};

/// A row, or a key.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An instant, in milliseconds.
pub(crate) fn ms(time: Millis) -> AttributeValue {
    n(time.0)
}

/// `{tenant}#{user}`: neither can contain `#`.
pub(crate) fn partition(tenant: &TenantId, user: &UserId) -> String {
    format!("{tenant}#{user}")
}

/// A primary key.
pub(crate) fn key(pk: &str, sk: &str) -> Item {
    Item::from([(String::from("pk"), s(pk)), (String::from("sk"), s(sk))])
}

/// A string attribute of a row.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// An instant attribute of a row.
pub(crate) fn time(item: &Item, name: &str) -> Option<Millis> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).map(Millis)
}
