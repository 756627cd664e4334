//! Who is connected: one row per live WebSocket connection.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use carillon_domain::{AccountId, Caller, ConnectionId, Millis, Room, TenantId, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::erase::{self, Erased, Until};
use crate::item::{Item, key, n, partition, s};

/// API Gateway ends every WebSocket after two hours; a row that outlives that was never cleaned up.
const LIFETIME_SECONDS: i64 = 2 * 3600 + 300;
/// Shards of the index `by_tenant`, so that no broadcast reads one hot partition.
const SHARDS: u8 = 16;

/// A live connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// API Gateway's id.
    #[serde(rename = "sk")]
    pub id: ConnectionId,
    /// When it was opened.
    pub connected_at: Millis,
    /// When its token ends.
    pub expires_at: Millis,
    /// The token's account, if it is limited to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The rooms it is not in, because it unsubscribed: so a new connection, or one of before there were rooms, is in
    /// all. (And a set of rooms it *is* in could become empty, which DynamoDB does not keep.)
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub left_rooms: BTreeSet<Room>,
}

impl Connection {
    /// Whether it is told what goes to a room.
    #[must_use]
    pub fn is_in(&self, room: Room) -> bool {
        !self.left_rooms.contains(&room)
    }
}

impl From<&Caller> for Connection {
    fn from(caller: &Caller) -> Self {
        Self {
            id: caller.connection.clone(),
            connected_at: caller.connected_at,
            expires_at: caller.context.expires_at,
            account: caller.context.account.clone(),
            left_rooms: BTreeSet::new(),
        }
    }
}

/// The connections table.
#[derive(Debug, Clone)]
pub struct Connections {
    client: Client,
    table: String,
}

impl Connections {
    /// The connections in this table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds a connection.
    pub async fn put(
        &self,
        tenant: &TenantId,
        user: &UserId,
        connection: &Connection,
    ) -> Result<(), StoreError> {
        let put = self.putting(tenant, user, connection)?.send().await;
        put.map(drop).map_err(|error| StoreError::call("PutItem", &error))
    }

    /// Puts a row back that is missing, and says whether it was. One that is there stays as it is: its rooms are in it
    /// only.
    pub async fn restore(
        &self,
        tenant: &TenantId,
        user: &UserId,
        connection: &Connection,
    ) -> Result<bool, StoreError> {
        let put = self.putting(tenant, user, connection)?.condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("PutItem", &error)),
            },
        }
    }

    fn putting(
        &self,
        tenant: &TenantId,
        user: &UserId,
        connection: &Connection,
    ) -> Result<PutItemFluentBuilder, StoreError> {
        let mut item = row(tenant, connection)?;
        item.extend(key(&partition(tenant, user), connection.id.as_str()));
        Ok(self.client.put_item().table_name(&self.table).set_item(Some(item)))
    }

    /// Takes a connection into a room, or out of it. One update, which touches no other room and puts a missing row
    /// back; says whether it was missing.
    pub async fn set_room(
        &self,
        tenant: &TenantId,
        user: &UserId,
        connection: &Connection,
        room: Room,
        inside: bool,
    ) -> Result<bool, StoreError> {
        let key = key(&partition(tenant, user), connection.id.as_str());
        let mut call = self.client.update_item().table_name(&self.table).set_key(Some(key));
        let mut set = Vec::new();
        let same = Connection { left_rooms: BTreeSet::new(), ..connection.clone() };
        for (name, value) in row(tenant, &same)?.into_iter().filter(|(name, _)| name != "sk") {
            set.push(format!("#{name} = :{name}"));
            call = call
                .expression_attribute_values(format!(":{name}"), value)
                .expression_attribute_names(format!("#{name}"), name);
        }
        let left = if inside { "DELETE" } else { "ADD" };
        let update = call
            .update_expression(format!("SET {} {left} left_rooms :room", set.join(", ")))
            .expression_attribute_values(":room", AttributeValue::Ss(vec![String::from(room.name())]))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| StoreError::call("UpdateItem", &error))?;
        Ok(!update.attributes.is_some_and(|before| before.contains_key("connected_at")))
    }

    /// All of a user's connections, oldest first; consistent.
    pub async fn of_user(&self, tenant: &TenantId, user: &UserId) -> Result<Vec<Connection>, StoreError> {
        let items: Vec<Item> = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition(tenant, user)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| StoreError::call("Query", &error))?;
        let mut connections: Vec<Connection> = serde_dynamo::from_items(items)?;
        connections.sort_by(|a, b| (a.connected_at, &a.id).cmp(&(b.connected_at, &b.id)));
        Ok(connections)
    }

    /// Whether the row is there (eventually consistent: half the price, and a miss is only put again).
    pub async fn exists(
        &self,
        tenant: &TenantId,
        user: &UserId,
        id: &ConnectionId,
    ) -> Result<bool, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, user), id.as_str())))
            .projection_expression("sk")
            .send()
            .await
            .map_err(|error| StoreError::call("GetItem", &error))?;
        Ok(got.item.is_some())
    }

    /// Removes the connection it names and no other.
    pub async fn delete(
        &self,
        tenant: &TenantId,
        user: &UserId,
        id: &ConnectionId,
    ) -> Result<(), StoreError> {
        let key = key(&partition(tenant, user), id.as_str());
        let deleted = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await;
        deleted.map(drop).map_err(|error| StoreError::call("DeleteItem", &error))
    }

    /// Deletes all of a user's rows, as far as the time goes. A socket that is still open restores its own with its
    /// next frame: close it first.
    pub async fn erase(&self, tenant: &TenantId, user: &UserId, until: Until) -> Result<Erased, StoreError> {
        erase::partition(&self.client, &self.table, &partition(tenant, user), until).await
    }
}

/// A row, all but its partition.
fn row(tenant: &TenantId, connection: &Connection) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(connection)?;
    let shard = Sha256::digest(connection.id.as_str()).first().copied().unwrap_or_default() % SHARDS;
    item.insert(String::from("tenant_shard"), s(format!("{tenant}#{shard}")));
    item.insert(String::from("purge_at"), n(connection.connected_at.seconds() + LIFETIME_SECONDS));
    Ok(item)
}
