//! What a tenant says about a user.

use aws_sdk_dynamodb::types::ReturnValue;
use carillon_domain::{Profile, TenantId, UserId};
use futures::{StreamExt as _, stream};
use sha2::{Digest, Sha256};

use super::update::overwrite;
use super::{IN_FLIGHT, Recipients};
use crate::item::{Item, key, partition, s};
use crate::{Scope, StoreError};

/// Shards of the index `by_tenant`, so that no broadcast reads one hot partition.
const SHARDS: u8 = 16;
/// What a put without them takes away.
const OPTIONAL: &[&str] = &["email", "email_verified", "phone", "locale", "timezone", "attributes"];

impl Recipients {
    /// A user's profile; consistent.
    pub async fn profile(&self, scope: &Scope) -> Result<Option<Profile>, StoreError> {
        let item = self.row(scope, "profile").await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Puts a profile with one write and returns it as it stands then: when it was first put is never the
    /// caller's to say.
    pub async fn put_profile(
        &self,
        tenant: &TenantId,
        user: &UserId,
        profile: &Profile,
    ) -> Result<Profile, StoreError> {
        let mut item: Item = serde_dynamo::to_item(profile)?;
        let shard = Sha256::digest(user.as_str()).first().copied().unwrap_or_default() % SHARDS;
        item.insert(String::from("tenant_shard"), s(format!("{tenant}#{shard}")));
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, user), "profile")))
            .return_values(ReturnValue::AllNew);
        let put = overwrite(call, item, &["created_at"], OPTIONAL).send().await;
        let put = put.map_err(|error| StoreError::call("UpdateItem", &error))?;
        Ok(serde_dynamo::from_item(put.attributes.unwrap_or_default())?)
    }

    /// Puts many profiles, each as [`Self::put_profile`] does; returns which failed, by index. A user given twice ends
    /// up with either.
    pub async fn put_profiles(
        &self,
        tenant: &TenantId,
        profiles: &[(UserId, Profile)],
    ) -> Vec<(usize, StoreError)> {
        let puts = profiles.iter().enumerate().map(|(index, (user, profile))| async move {
            let put = self.put_profile(tenant, user, profile).await;
            put.err().map(|error| (index, error))
        });
        // Made beforehand, because a stream's closure over borrows makes the future not `Send`.
        let puts: Vec<_> = puts.collect();
        let outcomes: Vec<_> = stream::iter(puts).buffered(IN_FLIGHT).collect().await;
        outcomes.into_iter().flatten().collect()
    }
}
