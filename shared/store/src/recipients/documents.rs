//! Documents that are put whole: the apps' settings and the channels' filters.

use carillon_domain::{Channel, JsonText, Millis, Subscription};

use super::{Recipients, document};
use crate::item::{Item, key, ms, partition, s, text};
use crate::{Scope, StoreError};

impl Recipients {
    /// The settings document of the scope's account, else of the user, as it was put; consistent.
    pub async fn settings(&self, scope: &Scope) -> Result<Option<String>, StoreError> {
        let row = self.row(scope, &document("settings", scope.account.as_ref())).await?;
        Ok(row.as_ref().and_then(|row| text(row, "text")).map(str::to_owned))
    }

    /// Puts the settings document of the scope's account, else of the user.
    pub async fn put_settings(&self, scope: &Scope, text: &JsonText, now: Millis) -> Result<(), StoreError> {
        let sk = document("settings", scope.account.as_ref());
        let mut item = key(&partition(&scope.tenant, &scope.user), &sk);
        item.insert(String::from("text"), s(text.as_str()));
        item.insert(String::from("updated_at"), ms(now));
        self.put(item).await
    }

    /// The filter of a channel of the scope's account, else of the user; consistent.
    pub async fn subscription(
        &self,
        scope: &Scope,
        channel: Channel,
    ) -> Result<Option<Subscription>, StoreError> {
        let row = self.row(scope, &filter(scope, channel)).await?;
        Ok(row.map(serde_dynamo::from_item).transpose()?)
    }

    /// Puts the filter of a channel of the scope's account, else of the user.
    pub async fn put_subscription(
        &self,
        scope: &Scope,
        channel: Channel,
        subscription: &Subscription,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(subscription)?;
        item.extend(key(&partition(&scope.tenant, &scope.user), &filter(scope, channel)));
        self.put(item).await
    }
}

fn filter(scope: &Scope, channel: Channel) -> String {
    document(&format!("sub#{channel}"), scope.account.as_ref())
}
