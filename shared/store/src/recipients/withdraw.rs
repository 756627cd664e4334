//! Taking a consent back for a user who is not there: by a link that was signed for them.

use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};
use carillon_domain::Millis;
use tokio::time::Instant;

use super::Recipients;
use super::owner::{Outcome, unbuilt};
use super::preferences::row_of;
use super::retry::pause;
use crate::item::{Item, key, ms, n, partition, time};
use crate::{Scope, StoreError};

const RETRIES: u32 = 5;
/// No row of an erasure, or one that is older than the link: the user came back since.
const NOT_ERASED: &str = "attribute_not_exists(erased_at) OR erased_at < :signed";

impl Recipients {
    /// Says no to a key of consent in the document of the scope's account, else of the user. May be repeated. False where
    /// the user was erased after the link was signed: nothing of them comes back by it, at whatever moment they are.
    pub async fn withdraw(
        &self,
        scope: &Scope,
        consent: &str,
        signed_at: Millis,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let erased = key(&partition(&scope.tenant, &scope.user), "erased");
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let row = self.get(erased.clone()).await?;
            if row.and_then(|row| time(&row, "erased_at")).is_some_and(|at| at >= signed_at) {
                return Ok(false);
            }
            let (revision, mut preferences) = self.revision(scope).await?;
            if preferences.opt_in.insert(consent.to_owned(), false) == Some(false) {
                return Ok(true);
            }
            let row = row_of(scope, &preferences, revision, now)?;
            let items = vec![self.not_erased(erased.clone(), signed_at)?, self.follow(row, revision)?];
            match self.transact(items).await? {
                Outcome::Done => return Ok(true),
                Outcome::Lost(error) if attempt == RETRIES => return Err(error),
                Outcome::Lost(_) => pause(attempt, began).await,
            }
            attempt += 1;
        }
    }

    fn not_erased(&self, erased: Item, signed_at: Millis) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(erased))
            .condition_expression(NOT_ERASED)
            .expression_attribute_values(":signed", ms(signed_at));
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unbuilt)?).build())
    }

    /// Puts the document if the one that it follows is still there.
    fn follow(&self, row: Item, revision: Option<i64>) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(row));
        let put = match revision {
            Some(revision) => {
                put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(revision))
            }
            None => put.condition_expression("attribute_not_exists(rev)"),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
    }
}
