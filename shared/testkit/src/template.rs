//! The tables as `infra/template.yaml` declares them, so that tests cannot drift from what is deployed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex,
    Projection, ProjectionType, ScalarAttributeType,
};
use serde::Deserialize;
use serde_norway::Value;

/// What a table is, without what only a deployment needs (recovery, encryption, names).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Table {
    key_schema: Vec<Key>,
    attribute_definitions: Vec<Attribute>,
    #[serde(default)]
    local_secondary_indexes: Vec<Index>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    index_name: String,
    key_schema: Vec<Key>,
    projection: Projected,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Projected {
    projection_type: String,
    #[serde(default)]
    non_key_attributes: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
}

/// All DynamoDB tables of a SAM template by logical id without its `Table` ending: `Inbox`, `Ledger`, …
///
/// # Errors
/// If the file is missing, is no YAML, or a table's keys are anything but literals.
pub fn tables(path: &Path) -> Result<BTreeMap<String, Table>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let template: Value = serde_norway::from_str(&text)?;
    let resources = template.get("Resources").and_then(Value::as_mapping).context("no Resources")?;
    let mut found = BTreeMap::new();
    for (id, resource) in resources {
        if resource.get("Type").and_then(Value::as_str) != Some("AWS::DynamoDB::Table") {
            continue;
        }
        let id = id.as_str().context("a logical id that is no string")?;
        let properties = resource.get("Properties").with_context(|| format!("{id} has no Properties"))?;
        let table =
            serde_norway::from_value(without_tags(properties.clone())).with_context(|| id.to_owned())?;
        found.insert(id.strip_suffix("Table").unwrap_or(id).to_owned(), table);
    }
    anyhow::ensure!(!found.is_empty(), "{} declares no table", path.display());
    Ok(found)
}

/// `!Ref`, `!Sub` and the like stand only where tests do not look; what they wrap is enough there.
fn without_tags(value: Value) -> Value {
    match value {
        Value::Tagged(tagged) => without_tags(tagged.value),
        Value::Sequence(items) => items.into_iter().map(without_tags).collect::<Vec<_>>().into(),
        Value::Mapping(map) => {
            Value::Mapping(map.into_iter().map(|(key, value)| (key, without_tags(value))).collect())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

impl Table {
    /// The attribute that DynamoDB deletes by, where there is one.
    #[must_use]
    pub fn ttl_attribute(&self) -> Option<&str> {
        self.time_to_live_specification.as_ref().map(|ttl| ttl.attribute_name.as_str())
    }

    /// The CreateTable request for it.
    ///
    /// # Errors
    /// If the SDK finds a field missing.
    pub fn create(&self, name: &str) -> Result<CreateTableInputBuilder> {
        let attributes = self.attribute_definitions.iter().map(|attribute| {
            AttributeDefinition::builder()
                .attribute_name(&attribute.attribute_name)
                .attribute_type(ScalarAttributeType::from(attribute.attribute_type.as_str()))
                .build()
        });
        let local = self.local_secondary_indexes.iter().map(|index| {
            LocalSecondaryIndex::builder()
                .index_name(&index.index_name)
                .set_key_schema(Some(keys(&index.key_schema)?))
                .projection(index.projection.build())
                .build()
                .map_err(anyhow::Error::from)
        });
        let global = self.global_secondary_indexes.iter().map(|index| {
            GlobalSecondaryIndex::builder()
                .index_name(&index.index_name)
                .set_key_schema(Some(keys(&index.key_schema)?))
                .projection(index.projection.build())
                .build()
                .map_err(anyhow::Error::from)
        });
        Ok(CreateTableInputBuilder::default()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys(&self.key_schema)?))
            .set_attribute_definitions(Some(attributes.collect::<Result<_, _>>()?))
            .set_local_secondary_indexes(none_if_empty(local.collect::<Result<_>>()?))
            .set_global_secondary_indexes(none_if_empty(global.collect::<Result<_>>()?)))
    }
}

impl Projected {
    fn build(&self) -> Projection {
        Projection::builder()
            .projection_type(ProjectionType::from(self.projection_type.as_str()))
            .set_non_key_attributes(none_if_empty(self.non_key_attributes.clone()))
            .build()
    }
}

fn keys(keys: &[Key]) -> Result<Vec<KeySchemaElement>> {
    let built = keys.iter().map(|key| {
        KeySchemaElement::builder()
            .attribute_name(&key.attribute_name)
            .key_type(KeyType::from(key.key_type.as_str()))
            .build()
    });
    Ok(built.collect::<Result<_, _>>()?)
}

/// DynamoDB refuses an empty list where it would accept none.
fn none_if_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
