//! Which idempotency keys were used.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Millis, TenantId, Ulid, UserId};
use sha2::{Digest, Sha256};

use super::Ledger;
use crate::StoreError;
use crate::item::{key, n, s, text};

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

fn digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

impl Ledger {
    /// Notes a key with one conditional write. TTL deletes late, so an expired row counts as absent.
    pub async fn note(
        &self,
        key_: &IdempotencyKey<'_>,
        offered: Ulid,
        now: Millis,
    ) -> Result<Noted, StoreError> {
        let pk = format!("idem#{}#{}#{}", key_.tenant, key_.producer, digest(key_.key.as_bytes()));
        let body = digest(key_.body);
        let mut item = key(&pk, "idem");
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
