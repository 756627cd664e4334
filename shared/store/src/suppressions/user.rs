//! What is kept of a user's addresses, to hand it out or to erase it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use carillon_domain::{Channel, Suppression, TenantId, UserId};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{Suppressions, pk, sk};
use crate::StoreError;
use crate::item::{key, s, text};

/// Calls at a time.
const IN_FLIGHT: usize = 8;

impl Suppressions {
    /// Notes that something sent to the user came back.
    pub(super) async fn note_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        sk: &str,
    ) -> Result<(), StoreError> {
        let put =
            self.client.put_item().table_name(&self.table).set_item(Some(key(&noted_pk(tenant, user), sk)));
        put.send().await.map(drop).map_err(|error| StoreError::call("PutItem", &error))
    }

    /// The suppressions of these addresses of a user's, and of those from which something came back; consistent.
    pub async fn of_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        addresses: &[(Channel, &str)],
    ) -> Result<Vec<Suppression>, StoreError> {
        let noted = self.noted(tenant, user).await?;
        let own = addresses.iter().map(|(channel, address)| sk(*channel, address));
        let keys: BTreeSet<String> = noted.into_iter().chain(own).collect();
        // Made beforehand, because a stream's closure over borrows makes the future not `Send`.
        let gets: Vec<_> = keys.iter().map(|sk| self.row(tenant, sk, true)).collect();
        let found: Vec<Option<Suppression>> = stream::iter(gets).buffered(IN_FLIGHT).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Takes the addresses, and whose notifications came back, out of the user's suppressions. What is left of them
    /// still holds, for the sake of whoever has the address. Answers for how many rows are gone; may be repeated.
    pub async fn forget(
        &self,
        tenant: &TenantId,
        user: &UserId,
        addresses: &[(Channel, &str)],
    ) -> Result<u64, StoreError> {
        let noted = self.noted(tenant, user).await?;
        let own = addresses.iter().map(|(channel, address)| sk(*channel, address));
        let keys: BTreeSet<String> = noted.iter().cloned().chain(own).collect();
        let updates: Vec<_> = keys.iter().map(|sk| self.anonymise(tenant, sk)).collect();
        stream::iter(updates).buffer_unordered(IN_FLIGHT).try_collect::<()>().await?;
        // Last: as long as they are there, this can be repeated.
        let deletes: Vec<_> = noted.iter().map(|sk| self.unnote(tenant, user, sk)).collect();
        stream::iter(deletes).buffer_unordered(IN_FLIGHT).try_collect::<()>().await?;
        Ok(noted.len() as u64)
    }

    async fn anonymise(&self, tenant: &TenantId, sk: &str) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&pk(tenant), sk)))
            .update_expression("REMOVE address, notification_id")
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        match update {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    async fn unnote(&self, tenant: &TenantId, user: &UserId, sk: &str) -> Result<(), StoreError> {
        let key = key(&noted_pk(tenant, user), sk);
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map(drop).map_err(|error| StoreError::call("DeleteItem", &error))
    }

    /// What came back of a user's, by its row's key.
    async fn noted(&self, tenant: &TenantId, user: &UserId) -> Result<Vec<String>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(noted_pk(tenant, user)))
            .consistent_read(true);
        let rows = query.into_paginator().items().send().try_collect().await;
        let rows = rows.map_err(|error| StoreError::call("Query", &error))?;
        Ok(rows.iter().filter_map(|row| text(row, "sk")).map(str::to_owned).collect())
    }
}

fn noted_pk(tenant: &TenantId, user: &UserId) -> String {
    format!("suppressed#{tenant}#{user}")
}
