//! What a tenant's documents were before: a row for every time one was put or deleted, the newest twenty of each.
//!
//! pk `{tenant}`, sk `version#{type key, or * for the layout}#{number}`: beside the documents, and outside the range that
//! their readers query. A document changes only together with its next version, which must not be there yet: of two who
//! change it at once, one is told so.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use carillon_domain::{Millis, TenantId, UserId};
use serde::{Deserialize, Serialize};

use super::{Catalog, LAYOUT, TYPE};
use crate::StoreError;
use crate::item::{Item, key, s};

/// A document that has versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioned<'a> {
    /// The tenant's document for the type with this key.
    Type(&'a str),
    /// What stands around its emails.
    Layout,
}

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// From 1, without gaps.
    pub number: u32,
    /// As it was given; none where it was deleted, and in lists.
    #[serde(rename = "text", default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Whether this is a deletion.
    #[serde(default)]
    pub deleted: bool,
    /// When.
    pub at: Millis,
    /// Whose token it was.
    pub by: UserId,
    /// The version whose document it is again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<u32>,
}

impl Versioned<'_> {
    pub(super) fn sk(self) -> String {
        match self {
            Self::Type(key) => format!("{TYPE}{key}"),
            Self::Layout => LAYOUT.to_owned(),
        }
    }

    /// What the keys of its versions begin with. No type's key is `*`.
    pub(super) fn prefix(self) -> String {
        match self {
            Self::Type(key) => format!("version#{key}#"),
            Self::Layout => String::from("version#*#"),
        }
    }

    /// Numbers sort as text.
    pub(super) fn version_sk(self, number: u32) -> String {
        format!("{}{number:010}", self.prefix())
    }
}

impl Catalog {
    /// The number of a document's newest version; 0 before the first.
    pub(super) async fn newest(&self, tenant: &TenantId, what: Versioned<'_>) -> Result<u32, StoreError> {
        let newest = self.query_versions(tenant, what, "#number").limit(1).send().await;
        let newest = newest.map_err(|error| StoreError::call("Query", &error))?;
        let number = |row: &Item| row.get("number")?.as_n().ok()?.parse().ok();
        Ok(newest.items().first().and_then(number).unwrap_or(0))
    }

    /// The versions of a document that are kept, the newest first, without what they say.
    pub async fn versions(&self, tenant: &TenantId, what: Versioned<'_>) -> Result<Vec<Version>, StoreError> {
        let query = self
            .query_versions(tenant, what, "#number, deleted, #at, #by, restored")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#by", "by");
        let rows: Vec<Item> = query
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        rows.into_iter().map(|row| Ok(serde_dynamo::from_item(row)?)).collect()
    }

    /// The newest first.
    fn query_versions(&self, tenant: &TenantId, what: Versioned<'_>, read: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :versions)")
            .expression_attribute_values(":pk", s(tenant.as_str()))
            .expression_attribute_values(":versions", s(what.prefix()))
            .projection_expression(read)
            .expression_attribute_names("#number", "number")
            .scan_index_forward(false)
            .consistent_read(true)
    }

    /// One version with what it says, if it is kept.
    pub async fn version(
        &self,
        tenant: &TenantId,
        what: Versioned<'_>,
        number: u32,
    ) -> Result<Option<Version>, StoreError> {
        let key = key(tenant.as_str(), &what.version_sk(number));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let got = get.send().await.map_err(|error| StoreError::call("GetItem", &error))?;
        Ok(got.item.map(serde_dynamo::from_item).transpose()?)
    }
}
