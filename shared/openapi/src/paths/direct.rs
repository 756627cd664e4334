//! admin-api: push messages past the inbox.

use crate::schemas::direct::{
    DirectAccepted, DirectDelivery, PushRequest, TopicMembers, TopicUpdated, UserTopics,
};
use crate::schemas::text::{Id, PushId, TopicName};

/// Push to devices, past the inbox.
///
/// To a token, a topic, or all devices of a user. No inbox, no preferences, no consent, no caps: for people use
/// `POST /v1/notifications`. Nothing is sent if one of the messages is refused. 202 means durable. With an
/// `Idempotency-Key`, repeating it is safe for 24 hours.
#[utoipa::path(post, path = "/v1/push/messages", tag = "administering", operation_id = "createPushMessages",
    security(("producer" = ["notifications:admin"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Visible ASCII; bound to the body.",
        min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")),
    request_body(content = PushRequest, examples(
        ("one" = (summary = "To a user's devices", value = json!({
            "user": "ann", "title": "Your code", "body": "4711", "ttl_seconds": 300, "priority": "high"}))),
        ("several" = (summary = "To a token and a topic", value = json!({"messages": [
            {"token": "fcm-token-1", "title": "It works"},
            {"topic": "news", "title": "New today", "data": {"edition": 7}, "action_url": "/news/7"}]}))),
    )),
    responses((status = 202, description = "They are queued, durably.", body = DirectAccepted)))]
fn create() {}

/// Ask what became of a push message.
///
/// Known for 7 days.
#[utoipa::path(get, path = "/v1/push/messages/{id}", tag = "administering", operation_id = "getPushMessage",
    security(("producer" = ["notifications:admin"])),
    params(("id" = PushId, Path, description = "As the post answered it.")),
    responses((status = 200, description = "How far it got.", body = DirectDelivery)))]
fn get() {}

/// Put users into a topic.
///
/// All their devices, as far as they want push; of the topic `marketing` also as far as they consent to promotions. Membership
/// follows what they want from then on. May be repeated.
#[utoipa::path(post, path = "/v1/push/topics/{topic}/subscribe", tag = "administering", operation_id = "subscribeToTopic",
    security(("producer" = ["notifications:admin"])),
    params(("topic" = TopicName, Path, description = "The tenant's own name.")),
    request_body(content = TopicMembers, example = json!({"recipients": ["ann", "bob"]})),
    responses((status = 200, description = "They are in it; FCM is told within seconds.", body = TopicUpdated)))]
fn subscribe() {}

/// Take users out of a topic.
#[utoipa::path(post, path = "/v1/push/topics/{topic}/unsubscribe", tag = "administering",
    operation_id = "unsubscribeFromTopic", security(("producer" = ["notifications:admin"])),
    params(("topic" = TopicName, Path, description = "The tenant's own name.")),
    request_body(content = TopicMembers, example = json!({"recipients": ["ann", "bob"]})),
    responses((status = 200, description = "They are not in it; FCM is told within seconds.", body = TopicUpdated)))]
fn unsubscribe() {}

/// List a user's topics.
#[utoipa::path(get, path = "/v1/recipients/{user_id}/topics", tag = "administering", operation_id = "listTopics",
    security(("producer" = ["notifications:admin"])),
    params(("user_id" = Id, Path, description = "The user.")),
    responses((status = 200, description = "Those they were put in, by name.", body = UserTopics)))]
fn topics() {}
