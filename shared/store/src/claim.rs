//! Claims: one sender at a time has a delivery, until it concludes it or its lease is over.
//!
//! A delivery counts the attempts begun. Attempt `n` (the first is 0) may be claimed where it is pending after `n` attempts,
//! or where a claim lapsed: its own (`n + 1` begun: whoever had it died), or the one before (`n` begun: that one enqueued
//! this attempt and died before it noted so). Every other message for it is a late double.
//!
//! A sender that had no time for all of a recipient brings the rest back as the same attempt. So what is pending until an
//! instant is only for a message that was enqueued when it became so, or later: an earlier one is a double of what was left
//! behind, and would reach again who was reached. And it is not before that instant: what cannot wait long enough where
//! it waits (see `carillon_queue::Later`) comes early, and waits on.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use carillon_domain::{Delivery, DeliveryState, Millis, Notification};

use crate::StoreError;
use crate::item::{ms, n, s};

/// What comes this much before its time comes in time: clocks differ, and queues count in seconds.
const EARLY_MILLIS: i64 = 2_000;

/// What a claim came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim<T = Box<Notification>> {
    /// It is the caller's until its lease ends. This stands there now.
    Taken(T),
    /// Another has it for this attempt, or it is not time yet, until then.
    Busy(Millis),
    /// There is nothing to do: it is past this attempt, was settled, or is gone.
    Settled,
}

/// What a message is a turn of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which attempt; the first is 0.
    pub attempt: u32,
    /// When it was put on the queue first.
    pub enqueued_at: Millis,
}

/// What the holder of a claim knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How many attempts were begun, this one included.
    pub attempts: u32,
    /// When it ends.
    pub until: Millis,
}

/// Takes the delivery at this path of the row.
pub(crate) fn take(
    call: UpdateItemFluentBuilder,
    path: &str,
    turn: Turn,
    lease_until: Millis,
    now: Millis,
) -> UpdateItemFluentBuilder {
    of(call)
        .update_expression(format!(
            "SET {path}.#state = :sending, {path}.attempts = :next, {path}.#until = :lease, {path}.#at = :now"
        ))
        .condition_expression(format!(
            "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND \
             (({path}.#state = :pending AND {path}.attempts = :begun AND \
             (attribute_not_exists({path}.#until) OR ({path}.#at <= :enqueued AND {path}.#until <= :soon))) OR \
             ({path}.#state = :sending AND {path}.attempts IN (:begun, :next) AND {path}.#until <= :now))"
        ))
        .expression_attribute_names("#at", "at")
        .expression_attribute_values(":pending", s(DeliveryState::Pending.as_str()))
        .expression_attribute_values(":begun", n(turn.attempt.into()))
        .expression_attribute_values(":next", n(i64::from(turn.attempt) + 1))
        .expression_attribute_values(":enqueued", ms(turn.enqueued_at))
        .expression_attribute_values(":lease", ms(lease_until))
        .expression_attribute_values(":now", ms(now))
        .expression_attribute_values(":soon", ms(now.plus_millis(EARLY_MILLIS)))
        .return_values(ReturnValue::AllNew)
}

/// Ends the claim of the delivery at this path of the row.
pub(crate) fn end(
    call: UpdateItemFluentBuilder,
    path: &str,
    lease: Lease,
    to: &Delivery,
) -> Result<UpdateItemFluentBuilder, StoreError> {
    Ok(of(call)
        .update_expression(format!("SET {path} = :to"))
        .condition_expression(format!(
            "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND {path}.#state = :sending AND \
             {path}.attempts = :attempts AND {path}.#until = :lease"
        ))
        .expression_attribute_values(":to", serde_dynamo::to_attribute_value(to)?)
        .expression_attribute_values(":attempts", n(lease.attempts.into()))
        .expression_attribute_values(":lease", ms(lease.until)))
}

fn of(call: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
    call.expression_attribute_names("#state", "state")
        .expression_attribute_names("#until", "until")
        .expression_attribute_values(":sending", s(DeliveryState::Sending.as_str()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

/// Who lost to a claim for the same attempt may still be needed, should its holder die; and who came too early is.
pub(crate) fn lost_to<T>(delivery: Option<&Delivery>, turn: Turn) -> Claim<T> {
    let Some(delivery) = delivery else { return Claim::Settled };
    let next = delivery.attempts == turn.attempt;
    let held = delivery.state == DeliveryState::Sending
        && (next || delivery.attempts == turn.attempt.saturating_add(1));
    let early = delivery.state == DeliveryState::Pending && next && delivery.at <= turn.enqueued_at;
    delivery.until.filter(|_| held || early).map_or(Claim::Settled, Claim::Busy)
}
