//! Deliveries move forward: one channel's state at a time, each only from the state its mover saw.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use carillon_domain::{Channel, Delivery, DeliveryState, Millis, Notification, NotificationId, TenantId};

use super::{Inbox, Row, Scope, from_item, sk};
use crate::StoreError;
use crate::item::{key, ms, partition, s};

/// One channel's delivery, from what it must be to what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which channel.
    pub channel: Channel,
    /// The state it must be in and, where given, until when it must be deferred.
    pub expect: (DeliveryState, Option<Millis>),
    /// What it becomes.
    pub to: Delivery,
}

/// What a move came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advanced {
    /// All steps were made.
    Done,
    /// None was: a state was another, or the notification is gone. This stands there.
    Lost(Option<Row>),
}

impl Inbox {
    /// Makes all these steps, or none: one conditional write.
    pub async fn advance(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        steps: &[Step],
    ) -> Result<Advanced, StoreError> {
        if steps.is_empty() {
            return Ok(Advanced::Done);
        }
        let mut call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, &id.user), &sk(id.ulid))))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_names("#state", "state");
        let mut sets = Vec::new();
        let mut conditions = vec![String::from("attribute_exists(pk) AND attribute_not_exists(deleted_at)")];
        for (index, Step { channel, expect: (state, until), to }) in steps.iter().enumerate() {
            sets.push(format!("deliveries.#c{index} = :to{index}"));
            conditions.push(format!("deliveries.#c{index}.#state = :state{index}"));
            call = call
                .expression_attribute_names(format!("#c{index}"), channel.as_str())
                .expression_attribute_values(format!(":to{index}"), serde_dynamo::to_attribute_value(to)?)
                .expression_attribute_values(format!(":state{index}"), s(state.as_str()));
            if let Some(until) = until {
                conditions.push(format!("deliveries.#c{index}.#until = :until{index}"));
                call = call
                    .expression_attribute_names("#until", "until")
                    .expression_attribute_values(format!(":until{index}"), ms(*until));
            }
        }
        let call = call
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression(conditions.join(" AND "));
        match call.send().await {
            Ok(_) => Ok(Advanced::Done),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
                    let row = lost.item.clone().map(|item| from_item(&id.user, item)).transpose()?;
                    Ok(Advanced::Lost(row))
                }
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }

    /// Cancels every channel that waits for its turn or its time; what was begun, and the inbox, stay. None if there
    /// is no such notification; else the notification as it stands then, and the channels that were cancelled.
    pub async fn cancel_pending(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<(Box<Notification>, Vec<Channel>)>, StoreError> {
        let scope = Scope { tenant: tenant.clone(), user: id.user.clone(), account: None };
        let mut row = self.get(&scope, id).await?;
        // A race lost means that somebody else's step was made, and states only move forward: this ends.
        loop {
            let Some(Row::Live(mut notification)) = row else { return Ok(None) };
            let steps: Vec<Step> = notification.deliveries.iter().filter_map(cancellation(now)).collect();
            row = match self.advance(tenant, id, &steps).await? {
                Advanced::Lost(row) => row,
                Advanced::Done => {
                    let channels = steps.iter().map(|step| step.channel).collect();
                    notification.deliveries.extend(steps.into_iter().map(|step| (step.channel, step.to)));
                    return Ok(Some((notification, channels)));
                }
            };
        }
    }
}

/// The step that cancels a delivery, where it can still be.
fn cancellation(now: Millis) -> impl Fn((&Channel, &Delivery)) -> Option<Step> {
    move |(&channel, delivery)| {
        let waits = matches!(delivery.state, DeliveryState::Pending | DeliveryState::Deferred);
        let cancelled = Delivery {
            state: DeliveryState::Cancelled,
            reason: None,
            at: now,
            until: None,
            ..delivery.clone()
        };
        let expect = (delivery.state, delivery.until);
        (waits && channel != Channel::InApp).then_some(Step { channel, expect, to: cancelled })
    }
}
