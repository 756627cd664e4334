//! Addresses that a tenant's notifications no longer go to, in the catalog's table.
//!
//! * pk `suppressed#{tenant}`, sk `{channel}#{hash}`: the suppression. The hash names the address, so it is found also where
//!   the address itself was erased with its owner. One that was lifted stays for a while and says when, so that a late
//!   report of what was before does not bring it back.
//! * pk `suppressed#{tenant}#{user}`, the same sk: that a notification of the user came back, so that the address can be
//!   erased with them, whatever their profile says by then. No tenant's id contains `#`.

mod list;
mod user;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use carillon_domain::{Channel, Millis, Suppression, TenantId};
use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::item::{Item, key, ms, n};

pub use list::SuppressedPage;

/// How long it is remembered that one was lifted: longer than any report is under way.
const LIFTED_SECONDS: i64 = 60 * 86_400;

/// The suppressed addresses of all tenants.
#[derive(Debug, Clone)]
pub struct Suppressions {
    client: Client,
    table: String,
}

/// What a put came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppressed {
    /// The address is suppressed from now on.
    Now,
    /// It was already; so it stays.
    Before(Box<Suppression>),
    /// It was lifted after what the put is about.
    LiftedSince,
}

impl Suppressions {
    /// Those in the catalog's table.
    #[must_use]
    pub fn new(client: Client, catalog_table: String) -> Self {
        Self { client, table: catalog_table }
    }

    /// Whether an address is suppressed: for who is about to send, who may read what is a moment old at half the price.
    pub async fn find(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &str,
    ) -> Result<Option<Suppression>, StoreError> {
        self.row(tenant, &sk(channel, address), false).await
    }

    /// The same as it stands now.
    pub async fn get(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &str,
    ) -> Result<Option<Suppression>, StoreError> {
        self.row(tenant, &sk(channel, address), true).await
    }

    async fn row(
        &self,
        tenant: &TenantId,
        sk: &str,
        consistent: bool,
    ) -> Result<Option<Suppression>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(&pk(tenant), sk)));
        let got = get.consistent_read(consistent).send().await;
        let got = got.map_err(|error| StoreError::call("GetItem", &error))?;
        live(got.item)
    }

    /// Suppresses an address, unless it is, or was lifted after the suppression's own time. May be repeated. `address` names
    /// it; what is kept of it is what the suppression says.
    pub async fn put(
        &self,
        tenant: &TenantId,
        address: &str,
        suppression: &Suppression,
    ) -> Result<Suppressed, StoreError> {
        let sk = sk(suppression.channel, address);
        if let Some(id) = &suppression.notification_id {
            // First: an address that nobody is known to have could not be erased.
            self.note_user(tenant, &id.user, &sk).await?;
        }
        let mut item: Item = serde_dynamo::to_item(suppression)?;
        item.extend(key(&pk(tenant), &sk));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR lifted_at <= :at")
            .expression_attribute_values(":at", ms(suppression.created_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Suppressed::Now),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(lost)) => {
                    let there = live(lost.item.clone())?;
                    Ok(there.map_or(Suppressed::LiftedSince, |there| Suppressed::Before(Box::new(there))))
                }
                _ => Err(StoreError::call("PutItem", &error)),
            },
        }
    }

    /// Lifts the suppression of an address; false if there is none.
    pub async fn delete(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&pk(tenant), &sk(channel, address))))
            .update_expression(
                "SET lifted_at = :now, purge_at = :purge REMOVE address, notification_id, detail",
            )
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(lifted_at)")
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":purge", n(now.seconds() + LIFTED_SECONDS))
            .send()
            .await;
        match update {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }
}

fn pk(tenant: &TenantId) -> String {
    format!("suppressed#{tenant}")
}

fn sk(channel: Channel, address: &str) -> String {
    format!("{channel}#{:x}", Sha256::digest(canonical(channel, address)))
}

/// However it is written: providers answer with a domain in ASCII where ours is not, and in other case. No two people have
/// mailboxes that differ in case only.
fn canonical(channel: Channel, address: &str) -> String {
    let address = address.trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) if channel == Channel::Email => {
            format!("{local}@{}", idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned()))
        }
        _ => address,
    }
}

/// What a row says, unless it was lifted.
fn live(row: Option<Item>) -> Result<Option<Suppression>, StoreError> {
    let row = row.filter(|row| !row.contains_key("lifted_at"));
    Ok(row.map(serde_dynamo::from_item).transpose()?)
}
