//! Topics: the row `topic#{name}` of a user says that they are in it; a device's row says what FCM was told.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use carillon_domain::{DeviceAddress, GoneDevice, Millis, Recipient, TenantId, UserId};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::devices::hash_of;
use super::facts::{read, recipient};
use super::owner::{device_key, owner_key, owner_of, unbuilt};
use super::{IN_FLIGHT, Range, Recipients, hash};
use crate::erase::{BATCH, Until, write};
use crate::item::{Item, key, ms, partition, text};
use crate::{Scope, StoreError};

/// What topics a user is to be in, and what FCM knows.
#[derive(Debug, Clone, Default)]
pub struct Membership {
    /// As a decision sees them, for no account.
    pub recipient: Recipient,
    /// The topics they were put in.
    pub topics: BTreeSet<String>,
    /// Their devices at FCM.
    pub devices: Vec<TopicDevice>,
}

/// A device that may be in topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDevice {
    /// Names it.
    pub hash: String,
    /// Its registration token.
    pub token: String,
    /// The topics it is in.
    pub told: BTreeSet<String>,
    /// Those it may be in: whoever was about to tell FCM did not say what came of it.
    pub unsure: BTreeSet<String>,
}

/// What is known of a device's topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// FCM is about to be told that it is in them.
    Joining,
    /// It is in them.
    In,
    /// It is in them no more.
    Out,
}

fn topic_sk(topic: &str) -> String {
    format!("topic#{topic}")
}

fn texts(row: &Item, name: &str) -> BTreeSet<String> {
    let set = row.get(name).and_then(|value| value.as_ss().ok());
    set.into_iter().flatten().cloned().collect()
}

/// Of a device's row: what it is in, and may be in.
pub(super) fn all_topics(row: &Item) -> BTreeSet<String> {
    texts(row, "topics").into_iter().chain(texts(row, "topics_unsure")).collect()
}

impl Recipients {
    /// Puts users into a topic, or takes them out. May be repeated. False if the time did not suffice for all.
    pub async fn set_topic(
        &self,
        tenant: &TenantId,
        topic: &str,
        users: &BTreeSet<UserId>,
        member: bool,
        until: Until,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let request = |user: &UserId| {
            let mut item = key(&partition(tenant, user), &topic_sk(topic));
            let request = WriteRequest::builder();
            Ok(if member {
                item.insert(String::from("subscribed_at"), ms(now));
                let put = PutRequest::builder().set_item(Some(item)).build().map_err(unbuilt)?;
                request.put_request(put).build()
            } else {
                let delete = DeleteRequest::builder().set_key(Some(item)).build().map_err(unbuilt)?;
                request.delete_request(delete).build()
            })
        };
        let requests = users.iter().map(request).collect::<Result<Vec<_>, StoreError>>()?;
        let batches: Vec<_> = requests
            .chunks(BATCH)
            .map(|batch| write(&self.client, &self.table, batch.to_vec(), until))
            .collect();
        let left: Vec<usize> = stream::iter(batches).buffer_unordered(IN_FLIGHT).try_collect().await?;
        Ok(left.iter().sum::<usize>() == 0)
    }

    /// The topics a user is in; consistent.
    pub async fn topics(&self, scope: &Scope) -> Result<BTreeSet<String>, StoreError> {
        let rows = self
            .rows(Range {
                condition: "pk = :pk AND begins_with(sk, :topic)",
                values: &[(":pk", &partition(&scope.tenant, &scope.user)), (":topic", &topic_sk(""))],
                projection: Some("sk"),
                consistent: true,
            })
            .await?;
        Ok(rows.iter().filter_map(topic_of).collect())
    }

    /// All that a user's topics depend on, in one query; consistent.
    pub async fn membership(
        &self,
        tenant: &TenantId,
        user: &UserId,
        now: Millis,
    ) -> Result<Membership, StoreError> {
        let pk = partition(tenant, user);
        let rows = self
            .rows(Range {
                condition: "pk = :pk AND sk BETWEEN :from AND :to",
                values: &[(":pk", &pk), (":from", "device#"), (":to", "topic#~")],
                projection: None,
                consistent: true,
            })
            .await?;
        let recipient = recipient(&rows, None, now);
        let devices = rows.iter().filter_map(device).collect();
        Ok(Membership { recipient, topics: rows.iter().filter_map(topic_of).collect(), devices })
    }

    /// Notes what FCM knows of a device. False if the user has no such device any more.
    pub async fn told_topics(
        &self,
        tenant: &TenantId,
        user: &UserId,
        hash: &str,
        topics: &BTreeSet<String>,
        told: Told,
    ) -> Result<bool, StoreError> {
        let expression = match told {
            Told::Joining => "ADD topics_unsure :topics",
            Told::In => "ADD topics :topics DELETE topics_unsure :topics",
            Told::Out => "DELETE topics :topics, topics_unsure :topics",
        };
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(device_key(tenant, user, hash)))
            .update_expression(expression)
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":topics", AttributeValue::Ss(topics.iter().cloned().collect()));
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }
}

impl Recipients {
    /// Whose a device is by now that was somebody else's. What it is in is in doubt then: theirs is what counts.
    pub async fn new_owner(
        &self,
        tenant: &TenantId,
        gone: &GoneDevice,
    ) -> Result<Option<UserId>, StoreError> {
        let hash = hash(&gone.token);
        let owner = self.get(owner_key(tenant, &hash)).await?;
        let Some(owner) = owner.as_ref().and_then(owner_of).and_then(|owner| UserId::parse(owner).ok())
        else {
            return Ok(None);
        };
        let known = self.told_topics(tenant, &owner, &hash, &gone.topics, Told::Joining).await?;
        Ok(known.then_some(owner))
    }
}

/// What is to be told of a device that was removed: nothing, where it was in no topic.
pub(super) fn gone(row: &Item) -> Option<GoneDevice> {
    let (token, topics) = (text(row, "token")?.to_owned(), all_topics(row));
    (!topics.is_empty()).then_some(GoneDevice { token, topics })
}

fn topic_of(row: &Item) -> Option<String> {
    Some(text(row, "sk")?.strip_prefix("topic#")?.to_owned())
}

fn device(row: &Item) -> Option<TopicDevice> {
    let hash = hash_of(row)?.to_owned();
    let device: carillon_domain::Device = read("device", row)?;
    let DeviceAddress::Fcm { token } = device.address else { return None };
    // What is one account's is in no topic: topics are the user's.
    if device.account.is_some() {
        return None;
    }
    let (told, unsure) = (texts(row, "topics"), texts(row, "topics_unsure"));
    Some(TopicDevice { hash, token, told, unsure })
}
