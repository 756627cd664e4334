//! What a tenant changed or added: its settings and its types.
//!
//! pk `{tenant}`, sk `type#{key}`: the tenant's document for a type, as it was given; `type#*`: its settings, which hold
//! for all types; `type#*layout`: the layout of its emails. So one query over `type#` reads what ingest, dispatch and the
//! senders need, and nothing of the other kinds.

mod cache;
mod edit;
mod versions;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use carillon_domain::{Millis, TenantId};

use crate::StoreError;
use crate::item::{Item, key, ms, s, text};

pub use cache::CatalogCache;
pub use edit::{Edit, Edited};
pub use versions::{Version, Versioned};

const TYPE: &str = "type#";
/// No key of a type.
const SETTINGS: &str = "type#*";
/// Nor this.
const LAYOUT: &str = "type#*layout";

/// The catalog table.
#[derive(Debug, Clone)]
pub struct Catalog {
    client: Client,
    table: String,
}

/// A tenant's documents, as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogRows {
    /// Its settings.
    pub settings: Option<String>,
    /// What stands around its emails.
    pub layout: Option<String>,
    /// Its types, by key.
    pub types: BTreeMap<String, String>,
}

impl Catalog {
    /// The catalog in this table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// All of a tenant's documents, with one query (of several pages only past 1 MB). A cache may read what is a
    /// moment old, at half the price.
    pub async fn rows(&self, tenant: &TenantId, consistent: bool) -> Result<CatalogRows, StoreError> {
        let items: Vec<Item> = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :type)")
            .expression_attribute_values(":pk", s(tenant.as_str()))
            .expression_attribute_values(":type", s(TYPE))
            .consistent_read(consistent)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let mut rows = CatalogRows::default();
        for item in &items {
            let (Some(sk), Some(document)) = (text(item, "sk"), text(item, "text")) else { continue };
            if sk == SETTINGS {
                rows.settings = Some(document.to_owned());
            } else if sk == LAYOUT {
                rows.layout = Some(document.to_owned());
            } else if let Some(key) = sk.strip_prefix(TYPE) {
                rows.types.insert(key.to_owned(), document.to_owned());
            }
        }
        Ok(rows)
    }

    /// Puts the tenant's settings.
    pub async fn put_settings(
        &self,
        tenant: &TenantId,
        document: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut item = key(tenant.as_str(), SETTINGS);
        item.insert(String::from("text"), s(document));
        item.insert(String::from("updated_at"), ms(now));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| StoreError::call("PutItem", &error))
    }
}
