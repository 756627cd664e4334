//! A user's rows: pk `{tenant}#{user}`; sk `trace#{ulid}`, why a notification was never stored, and `dead#{channel}#{ulid}`,
//! that there is a dead letter.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use carillon_domain::{Millis, NotificationId, TenantId, Ulid, Unstored, UserId};
use serde_json::Value;

use super::Ledger;
use crate::erase::{self, Erased, Until};
use crate::item::{Item, key, n, partition, s, text};
use crate::{StoreError, item};

/// How long a producer may ask why.
const KEPT_SECONDS: i64 = 7 * 86_400;

/// A user's row as it is exported.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerRow {
    /// Its sort key, such as `trace#{ulid}`.
    pub key: String,
    /// The rest of it.
    pub fields: BTreeMap<String, Value>,
}

/// Some of a user's rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerPage {
    /// By key.
    pub rows: Vec<LedgerRow>,
    /// After which key the next page starts, if there is one.
    pub next: Option<String>,
}

fn sk(ulid: Ulid) -> String {
    format!("trace#{ulid}")
}

impl Ledger {
    /// Notes why a notification was not stored. The first note stays: a redelivery may decide otherwise.
    pub async fn put_trace(
        &self,
        tenant: &TenantId,
        user: &UserId,
        ulid: Ulid,
        unstored: &Unstored,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(unstored)?;
        item.extend(key(&partition(tenant, user), &sk(ulid)));
        item.insert(String::from("purge_at"), n(now.seconds() + KEPT_SECONDS));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::call("PutItem", &error)),
            },
        }
    }

    /// Why a notification was not stored, if that was noted; consistent. TTL deletes late, so an expired row counts
    /// as absent.
    pub async fn trace(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Unstored>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, &id.user), &sk(id.ulid))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::call("GetItem", &error))?;
        let kept = got.item.filter(|row| item::time(row, "purge_at").is_some_and(|at| at.0 > now.seconds()));
        Ok(kept.map(serde_dynamo::from_item).transpose()?)
    }

    /// Some of a user's rows, at most 1 MB of them, after this key; consistent.
    pub async fn export(
        &self,
        tenant: &TenantId,
        user: &UserId,
        after: Option<&str>,
    ) -> Result<LedgerPage, StoreError> {
        let pk = partition(tenant, user);
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(&pk))
            .consistent_read(true)
            .set_exclusive_start_key(after.map(|after| key(&pk, after)))
            .send()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let mut rows = Vec::new();
        for item in page.items.unwrap_or_default() {
            let key = text(&item, "sk").unwrap_or_default().to_owned();
            let mut fields: BTreeMap<String, Value> = serde_dynamo::from_item(item)?;
            fields.retain(|name, _| !matches!(name.as_str(), "pk" | "sk" | "purge_at"));
            rows.push(LedgerRow { key, fields });
        }
        let next = page.last_evaluated_key.as_ref().and_then(|key| text(key, "sk")).map(str::to_owned);
        Ok(LedgerPage { rows, next })
    }

    /// Deletes all of a user's rows, and their dead letters, as far as the time goes.
    pub async fn erase(&self, tenant: &TenantId, user: &UserId, until: Until) -> Result<Erased, StoreError> {
        let mut erased = self.erase_letters(tenant, user, until).await?;
        // What tells of the letters goes only after them.
        if erased.complete {
            erased += erase::partition(&self.client, &self.table, &partition(tenant, user), until).await?;
        }
        Ok(erased)
    }
}
