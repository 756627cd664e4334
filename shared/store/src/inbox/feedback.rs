//! What a provider says later of a delivery.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use carillon_domain::{Channel, DeliveryState, Feedback, Millis, Move, NotificationId, Reason, TenantId};

use super::{Inbox, sk};
use crate::StoreError;
use crate::item::{Item, key, ms, partition, s};

/// A refused move is tried as what stands there asks for; each further round is a race lost, and states only move forward.
const MAX_ROUNDS: usize = 10;

/// Where in the row.
const PATH: &str = "deliveries.#channel";

/// One report of a provider.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What it says.
    pub feedback: &'a Feedback,
    /// What the provider calls the message.
    pub provider_id: &'a str,
    /// When it happened.
    pub at: Millis,
}

/// What a report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The delivery is what it says, from now on.
    Moved,
    /// It says nothing new: it was heard before or is overtaken, or the notification was deleted.
    Known,
    /// There is no such notification, and no trace of one.
    Nobody,
}

/// What a refused move met.
enum Met {
    Nobody,
    /// Nothing of this channel, or nothing any more.
    Nothing,
    State(DeliveryState, Option<Reason>),
}

impl Inbox {
    /// Makes of a delivery what a report says: one conditional write. Where it meets a state that another of its moves
    /// follows, one more.
    pub async fn feedback(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        channel: Channel,
        report: Report<'_>,
    ) -> Result<Heard, StoreError> {
        let moves = report.feedback.moves();
        let mut next = moves.first();
        for _ in 0..MAX_ROUNDS {
            let Some(step) = next else { return Ok(Heard::Known) };
            let Some(met) = self.make(tenant, id, channel, report, step).await? else {
                return Ok(Heard::Moved);
            };
            next = match met {
                Met::Nobody => return Ok(Heard::Nobody),
                Met::Nothing => return Ok(Heard::Known),
                Met::State(state, reason) => moves.iter().find(|step| step.fits(state, reason)),
            };
        }
        Err(StoreError::Contended)
    }

    /// One move; what it met, if it was refused.
    async fn make(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        channel: Channel,
        report: Report<'_>,
        step: &Move,
    ) -> Result<Option<Met>, StoreError> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&partition(tenant, &id.user), &sk(id.ulid))))
            .expression_attribute_names("#channel", channel.as_str())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match following(writing(call, report, step), step).send().await {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => {
                    Ok(Some(met(lost.item.as_ref(), channel)))
                }
                _ => Err(StoreError::call("UpdateItem", &error)),
            },
        }
    }
}

/// What the move writes.
fn writing(mut call: UpdateItemFluentBuilder, report: Report<'_>, step: &Move) -> UpdateItemFluentBuilder {
    let Report { feedback, provider_id, at } = report;
    let to = step.to.map(|to| ("state", s(to.as_str())));
    let at = step.to.filter(|_| feedback.is_dated()).map(|_| ("at", ms(at)));
    let reason = step.reason.map(|reason| ("reason", s(reason.as_str())));
    let detail = feedback.detail().map(|detail| ("detail", s(detail)));
    let mut sets = vec![format!("{PATH}.provider_id = if_not_exists({PATH}.provider_id, :provider_id)")];
    for (name, value) in [to, at, reason, detail].into_iter().flatten() {
        sets.push(format!("{PATH}.#{name} = :{name}"));
        call = call
            .expression_attribute_names(format!("#{name}"), name)
            .expression_attribute_values(format!(":{name}"), value);
    }
    let mut removes = vec!["until"];
    if step.clears() {
        removes.extend(["reason", "detail"]);
    }
    for name in &removes {
        call = call.expression_attribute_names(format!("#{name}"), *name);
    }
    let removes: Vec<String> = removes.iter().map(|name| format!("{PATH}.#{name}")).collect();
    call.expression_attribute_values(":provider_id", s(provider_id)).update_expression(format!(
        "SET {} REMOVE {}",
        sets.join(", "),
        removes.join(", ")
    ))
}

/// The states that the move follows.
fn following(mut call: UpdateItemFluentBuilder, step: &Move) -> UpdateItemFluentBuilder {
    let mut any = Vec::new();
    if !step.from.is_empty() {
        let mut names = Vec::new();
        for state in step.from {
            call = call.expression_attribute_values(format!(":{state}"), s(state.as_str()));
            names.push(format!(":{state}"));
        }
        let mut plain = format!("{PATH}.#state IN ({})", names.join(", "));
        if step.without_reason {
            plain.push_str(&format!(" AND attribute_not_exists({PATH}.#reason)"));
            call = call.expression_attribute_names("#reason", "reason");
        }
        any.push(plain);
    }
    if step.after_soft_bounce {
        any.push(format!("{PATH}.#state = :was AND {PATH}.#reason = :soft"));
        call = call
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_values(":was", s(DeliveryState::Bounced.as_str()))
            .expression_attribute_values(":soft", s(Reason::SoftBounce.as_str()));
    }
    call.expression_attribute_names("#state", "state").condition_expression(format!(
        "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND ({})",
        any.join(" OR ")
    ))
}

/// Only what decides is read: a row that this version cannot read whole need not hold a report up.
fn met(row: Option<&Item>, channel: Channel) -> Met {
    let Some(row) = row else { return Met::Nobody };
    let deliveries = row.get("deliveries").filter(|_| !row.contains_key("deleted_at"));
    let delivery = deliveries.and_then(|all| all.as_m().ok()?.get(channel.as_str())?.as_m().ok());
    let of = |name: &str| delivery.and_then(|delivery| delivery.get(name)).cloned();
    let state = of("state").and_then(|state| serde_dynamo::from_attribute_value(state).ok());
    let reason = of("reason").and_then(|reason| serde_dynamo::from_attribute_value(reason).ok());
    state.map_or(Met::Nothing, |state| Met::State(state, reason))
}
