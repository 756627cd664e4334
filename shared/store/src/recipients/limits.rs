//! What was counted against caps and throttle. Deciding and counting are one step: whoever decided on what another
//! writer has changed since loses, and decides again.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::{Category, Counted, Limits, Millis, Priority, TenantId, Ulid, UserId};

use super::Recipients;
use crate::StoreError;
use crate::item::{Item, key, n, partition, s};

/// What became of a count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counting {
    /// It stands.
    Taken,
    /// Another writer was first: this is what stands now.
    Lost(Limits),
}

impl Recipients {
    /// Counts, with one conditional write: `next.version` must be one more than what was read, so 1 where there was no
    /// row. DynamoDB deletes the row some time after `keep_until`; readers go by the times in it.
    pub async fn count(
        &self,
        tenant: &TenantId,
        user: &UserId,
        next: &Limits,
        keep_until: Millis,
    ) -> Result<Counting, StoreError> {
        let mut item = key(&partition(tenant, user), "limits");
        item.insert(String::from("version"), AttributeValue::N(next.version.to_string()));
        item.insert(String::from("counted"), AttributeValue::L(next.counted.iter().map(write).collect()));
        item.insert(String::from("purge_at"), n(keep_until.seconds()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .expression_attribute_names("#version", "version")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match next.version.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(#version)"),
            expected => put
                .condition_expression("#version = :expected")
                .expression_attribute_values(":expected", AttributeValue::N(expected.to_string())),
        };
        let Err(error) = put.send().await else { return Ok(Counting::Taken) };
        let Some(PutItemError::ConditionalCheckFailedException(lost)) = error.as_service_error() else {
            return Err(StoreError::call("PutItem", &error));
        };
        let found = lost.item.as_ref().map(limits_of).unwrap_or_default();
        // The client repeats a write whose answer it did not get: that is this very row.
        Ok(if found == *next { Counting::Taken } else { Counting::Lost(found) })
    }
}

/// What a row counts. What this version cannot read of it does not count, but the row's version holds, or the row
/// could never be written again.
pub(super) fn limits_of(item: &Item) -> Limits {
    let version = item.get("version").and_then(|version| version.as_n().ok()).and_then(|n| n.parse().ok());
    let list = item.get("counted").and_then(|counted| counted.as_l().ok());
    let entries = list.into_iter().flatten();
    let counted = entries.filter_map(|entry| {
        let read = entry.as_s().ok().and_then(|text| read(text));
        if read.is_none() {
            tracing::error!(code = "store_row_unreadable", row = "limits", "an entry is left out");
        }
        read
    });
    Limits { counted: counted.collect(), version: version.unwrap_or_default() }
}

/// One entry as a short string, so that the row of a usual user costs one write unit:
/// `{ulid} {at} {day} {week} {flags} {type}`.
fn write(one: &Counted) -> AttributeValue {
    let category = match one.category {
        Category::Transactional => 't',
        Category::System => 's',
        Category::Marketing => 'm',
    };
    let priority = match one.priority {
        Priority::Low => 'l',
        Priority::Normal => 'n',
        Priority::High => 'h',
        Priority::Critical => 'c',
    };
    let (throttled, capped) = (u8::from(one.throttled), u8::from(one.capped));
    let Counted { ulid, at, day, week, type_key, .. } = one;
    s(format!("{ulid} {} {day} {week} {category}{priority}{throttled}{capped} {type_key}", at.0))
}

fn read(text: &str) -> Option<Counted> {
    let mut parts = text.splitn(6, ' ');
    let mut next = || parts.next();
    let ulid = Ulid::from_string(next()?).ok()?;
    let at = Millis(next()?.parse().ok()?);
    let (day, week) = (next()?.to_owned(), next()?.to_owned());
    let mut flags = next()?.chars();
    let category = match flags.next()? {
        't' => Category::Transactional,
        's' => Category::System,
        'm' => Category::Marketing,
        _ => return None,
    };
    let priority = match flags.next()? {
        'l' => Priority::Low,
        'n' => Priority::Normal,
        'h' => Priority::High,
        'c' => Priority::Critical,
        _ => return None,
    };
    let (throttled, capped) = (flags.next()? == '1', flags.next()? == '1');
    Some(Counted { ulid, at, type_key: next()?.to_owned(), category, priority, day, week, throttled, capped })
}
