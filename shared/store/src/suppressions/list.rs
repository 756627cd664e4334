//! All of a tenant's, page by page.

use carillon_domain::{Channel, Suppression, TenantId};

use super::{Suppressions, live, pk};
use crate::StoreError;
use crate::item::{key, s, text};

/// Queries for one page: what was lifted is passed over.
const MAX_ROUNDS: usize = 5;

/// Some of a tenant's suppressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuppressedPage {
    /// By channel, and in no particular order.
    pub items: Vec<Suppression>,
    /// After which the next page starts, if there may be one.
    pub next: Option<String>,
}

impl Suppressions {
    /// Some of a tenant's, of all channels or one, after a place that an earlier page gave; consistent.
    pub async fn list(
        &self,
        tenant: &TenantId,
        channel: Option<Channel>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<SuppressedPage, StoreError> {
        let (pk, prefix) = (pk(tenant), channel.map(|channel| format!("{channel}#")).unwrap_or_default());
        let mut page = SuppressedPage { items: Vec::new(), next: after.map(str::to_owned) };
        for _ in 0..MAX_ROUNDS {
            let condition =
                if prefix.is_empty() { "pk = :pk" } else { "pk = :pk AND begins_with(sk, :prefix)" };
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression(condition)
                .filter_expression("attribute_not_exists(lifted_at)")
                .expression_attribute_values(":pk", s(&pk))
                .limit(i32::try_from(limit - page.items.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(page.next.as_deref().map(|after| key(&pk, after)))
                .consistent_read(true);
            let query = match prefix.as_str() {
                "" => query,
                prefix => query.expression_attribute_values(":prefix", s(prefix)),
            };
            let got = query.send().await.map_err(|error| StoreError::call("Query", &error))?;
            for item in got.items.unwrap_or_default() {
                page.items.extend(live(Some(item))?);
            }
            page.next = got.last_evaluated_key.and_then(|last| text(&last, "sk").map(str::to_owned));
            if page.next.is_none() || page.items.len() >= limit {
                break;
            }
        }
        Ok(page)
    }
}
