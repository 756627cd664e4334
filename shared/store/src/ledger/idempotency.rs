//! Which idempotency keys were used.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Millis, TenantId, Ulid, UserId};
use sha2::{Digest, Sha256};

use super::Ledger;
use crate::StoreError;
use crate::item::{key, n, s, text, time};

/// How long a key is remembered.
const KEPT_SECONDS: i64 = 86_400;

/// A producer's `Idempotency-Key`, bound to its tenant, the producer, and the body it came with.
#[derive(Debug)]
pub struct IdempotencyKey<'a> {
    /// From the token.
    pub tenant: &'a TenantId,
    /// The `sub` of the token.
    pub producer: &'a UserId,
    /// The header.
    pub key: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What the ledger knew of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// Nothing: it now stands for the id that was offered.
    New,
    /// It came before with this body, and got this id.
    Replay(Ulid),
    /// It came before with another body.
    OtherBody,
}

impl IdempotencyKey<'_> {
    fn pk(&self) -> String {
        format!("idem#{}#{}#{}", self.tenant, self.producer, digest(self.key.as_bytes()))
    }
}

fn digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

impl Ledger {
    /// The id of an earlier post with this key and body, if there was one; consistent.
    pub async fn replayed(&self, key_: &IdempotencyKey<'_>, now: Millis) -> Result<Option<Ulid>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&key_.pk(), "idem")))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::call("GetItem", &error))?;
        let body = digest(key_.body);
        let row = got.item.filter(|row| time(row, "purge_at").is_some_and(|at| at.0 > now.seconds()));
        let row = row.filter(|row| text(row, "body_hash") == Some(&body));
        Ok(row.as_ref().and_then(|row| text(row, "ulid")).and_then(|ulid| Ulid::from_string(ulid).ok()))
    }

    /// Notes a key with one conditional write. TTL deletes late, so an expired row counts as absent.
    pub async fn note(
        &self,
        key_: &IdempotencyKey<'_>,
        offered: Ulid,
        now: Millis,
    ) -> Result<Noted, StoreError> {
        let body = digest(key_.body);
        let mut item = key(&key_.pk(), "idem");
        item.insert(String::from("body_hash"), s(&body));
        item.insert(String::from("ulid"), s(offered.to_string()));
        item.insert(String::from("purge_at"), n(now.seconds() + KEPT_SECONDS));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR purge_at <= :now")
            .expression_attribute_values(":now", n(now.seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = put else { return Ok(Noted::New) };
        let Some(PutItemError::ConditionalCheckFailedException(lost)) = error.as_service_error() else {
            return Err(StoreError::call("PutItem", &error));
        };
        let first = lost.item.as_ref();
        let ulid = first.and_then(|row| text(row, "ulid")).and_then(|ulid| Ulid::from_string(ulid).ok());
        match ulid {
            Some(ulid) if first.and_then(|row| text(row, "body_hash")) == Some(&body) => {
                Ok(Noted::Replay(ulid))
            }
            _ => Ok(Noted::OtherBody),
        }
    }
}
