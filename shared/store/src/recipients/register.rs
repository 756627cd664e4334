//! Registering a device: a token reaches one user of a tenant at a time, and a user has at most 50.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};
use carillon_domain::{Device, Millis, UserId};
use futures::future::try_join;
use tokio::time::Instant;

use super::devices::hash_of;
use super::owner::{Outcome, RETRIES, device_key, owner_key, owner_of, unbuilt};
use super::retry::pause;
use super::topics::all_topics;
use super::unused::{device_purge, owner_purge};
use super::update::overwrite;
use super::{MAX_DEVICES, Recipients, hash};
use crate::item::{Item, key, n, partition, s, time};
use crate::{Scope, StoreError};

/// What a registration without them takes away.
const OPTIONAL: &[&str] =
    &["token", "endpoint", "p256dh", "auth", "device_id", "app_version", "locale", "account"];

impl Recipients {
    /// Registers a device for the user (and only for the scope's account, if it has one), whoever had it before; returns the hash that names it, and whether it is new
    /// to this user. Its times are `now`, but it keeps when this user registered it first. One too many takes the
    /// place of the least recently used.
    pub async fn register(
        &self,
        scope: &Scope,
        device: &Device,
        now: Millis,
    ) -> Result<(String, bool), StoreError> {
        let hash = hash(device.address.identity());
        let account = scope.account.clone();
        let device = Device { account, created_at: now, last_used_at: now, ..device.clone() };
        let mut row: Item = serde_dynamo::to_item(&device)?;
        row.insert(String::from("purge_at"), device_purge(now));
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            // An app registers at every start, so this is nearly always all there is to do.
            if self.touch(scope, &hash, row.clone(), now).await? {
                return Ok((hash, false));
            }
            match self.take(scope, &hash, row.clone(), now).await? {
                Outcome::Done => return Ok((hash, true)),
                Outcome::Lost(error) if attempt == RETRIES => return Err(error),
                Outcome::Lost(_) => pause(attempt, began).await,
            }
            attempt += 1;
        }
    }

    /// Updates a device that is the user's already; false if it is not. There is a device row only where the owner
    /// row says so, so one conditional write will do, and once a day another.
    async fn touch(&self, scope: &Scope, hash: &str, row: Item, now: Millis) -> Result<bool, StoreError> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(device_key(&scope.tenant, &scope.user, hash)))
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::UpdatedOld);
        let error = match overwrite(call, row, &["created_at"], OPTIONAL).send().await {
            Ok(output) => {
                let before = output.attributes.as_ref();
                self.keep_owner(&scope.tenant, &scope.user, hash, before, now).await?;
                return Ok(true);
            }
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(
                UpdateItemError::ConditionalCheckFailedException(_)
                | UpdateItemError::TransactionConflictException(_),
            ) => Ok(false),
            _ => Err(StoreError::call("UpdateItem", &error)),
        }
    }

    /// Makes the device the user's in one transaction, which rests on what was read: the owner, the version of the
    /// user's set of devices, and then the set. The version is read first: a set that changes in between has a newer
    /// version, and the transaction is lost.
    async fn take(&self, scope: &Scope, hash: &str, row: Item, now: Millis) -> Result<Outcome, StoreError> {
        let Scope { tenant, user, .. } = scope;
        let set = key(&partition(tenant, user), "devices");
        let (owner, devices) = try_join(self.get(owner_key(tenant, hash)), self.get(set.clone())).await?;
        let owner = owner.as_ref().and_then(owner_of);
        let version = devices.and_then(|row| row.get("version")?.as_n().ok()?.parse().ok());
        let mut rows = self.device_rows(scope, Some("sk, last_used_at")).await?;
        rows.retain(|row| hash_of(row) != Some(hash));
        rows.sort_by_key(|row| time(row, "last_used_at"));
        // Counted from the oldest: as many as must go for one more to fit.
        let evicted = rows.iter().take((rows.len() + 1).saturating_sub(MAX_DEVICES)).filter_map(hash_of);

        let former = owner.filter(|owner| *owner != user.as_str()).and_then(|id| UserId::parse(id).ok());
        let mut row = row;
        if let Some(former) = &former {
            // FCM knows the token, not the user: what it was put in it is in until somebody looks.
            let before = self.get(device_key(tenant, former, hash)).await?;
            let topics = before.map(|before| all_topics(&before)).filter(|topics| !topics.is_empty());
            let unsure = topics.map(|topics| AttributeValue::Ss(topics.into_iter().collect()));
            row.extend(unsure.map(|unsure| (String::from("topics_unsure"), unsure)));
        }
        let mut items = vec![self.own(scope, hash, owner, now)?, self.add(scope, hash, row)?];
        items.push(self.advance(set, version)?);
        if let Some(former) = former {
            items.push(self.device_removal(tenant, &former, hash)?);
        }
        for hash in evicted {
            items.extend(self.removal(tenant, user, hash)?);
        }
        self.transact(items).await
    }

    /// Puts the owner row, if the owner is still the one that was read.
    fn own(
        &self,
        scope: &Scope,
        hash: &str,
        read: Option<&str>,
        now: Millis,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut row = owner_key(&scope.tenant, hash);
        row.insert(String::from("user"), s(scope.user.as_str()));
        row.insert(String::from("purge_at"), owner_purge(now));
        let put = Put::builder().table_name(&self.table).set_item(Some(row));
        let put = match read {
            Some(owner) => put
                .condition_expression("#user = :owner")
                .expression_attribute_names("#user", "user")
                .expression_attribute_values(":owner", s(owner)),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
    }

    /// Puts the device row, if it is new to the user.
    fn add(&self, scope: &Scope, hash: &str, mut row: Item) -> Result<TransactWriteItem, StoreError> {
        row.extend(device_key(&scope.tenant, &scope.user, hash));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
    }

    /// Moves the version of the user's set of devices on, if it is still the one that was read.
    fn advance(&self, set: Item, read: Option<i64>) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(set))
            .update_expression("SET #version = :next")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":next", n(read.unwrap_or_default().saturating_add(1)));
        let update = match read {
            Some(read) => {
                update.condition_expression("#version = :read").expression_attribute_values(":read", n(read))
            }
            None => update.condition_expression("attribute_not_exists(#version)"),
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build())
    }
}
