//! What a user wants. A change is merged into what stands there, so it must not be lost to another one.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use carillon_domain::{Millis, Preferences};
use tokio::time::Instant;

use super::retry::pause;
use super::{Recipients, document};
use crate::item::{Item, key, ms, n, partition};
use crate::{Scope, StoreError};

const RETRIES: u32 = 5;

impl Recipients {
    /// The document of the scope's account, else of the user; the default where there is none. Consistent.
    pub async fn preferences(&self, scope: &Scope) -> Result<Preferences, StoreError> {
        Ok(self.revision(scope).await?.1)
    }

    /// Changes the document of the scope's account, else of the user, and returns it. The change is made anew each time
    /// another one came in between; what it refuses is not written.
    pub async fn update_preferences<E>(
        &self,
        scope: &Scope,
        now: Millis,
        mut change: impl FnMut(Preferences) -> Result<Preferences, E>,
    ) -> Result<Result<Preferences, E>, StoreError> {
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let (revision, old) = self.revision(scope).await?;
            let new = match change(old) {
                Ok(new) => new,
                Err(refused) => return Ok(Err(refused)),
            };
            let item = row_of(scope, &new, revision, now)?;
            let mut put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            put = match revision {
                Some(revision) => {
                    put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(revision))
                }
                None => put.condition_expression("attribute_not_exists(rev)"),
            };
            let Err(error) = put.send().await else { return Ok(Ok(new)) };
            let lost =
                matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_)));
            if !lost || attempt == RETRIES {
                return Err(StoreError::call("PutItem", &error));
            }
            pause(attempt, began).await;
            attempt += 1;
        }
    }

    /// The document and its revision; none where there is no row, or one that nobody numbered.
    pub(super) async fn revision(&self, scope: &Scope) -> Result<(Option<i64>, Preferences), StoreError> {
        let row = self.row(scope, &document("prefs", scope.account.as_ref())).await?;
        let Some(row) = row else { return Ok((None, Preferences::default())) };
        let revision = row.get("rev").and_then(|rev| rev.as_n().ok()).and_then(|rev| rev.parse().ok());
        Ok((revision, serde_dynamo::from_item(row)?))
    }
}

/// The row of a document that follows the one with this revision.
pub(super) fn row_of(
    scope: &Scope,
    preferences: &Preferences,
    revision: Option<i64>,
    now: Millis,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(preferences)?;
    let sk = document("prefs", scope.account.as_ref());
    item.extend(key(&partition(&scope.tenant, &scope.user), &sk));
    item.insert(String::from("rev"), n(revision.unwrap_or_default().saturating_add(1)));
    item.insert(String::from("updated_at"), ms(now));
    Ok(item)
}
