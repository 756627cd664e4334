//! A notification whose deferred channels come back: it is decided again, and what was read meanwhile stays quiet.

use std::collections::BTreeMap;

use carillon_domain::{
    Channel, Decision, Delivery, DeliveryState, Millis, Notification, NotificationId, Reason, Round, Target,
};
use carillon_store::{Advanced, Row, Scope, Step, StoreError};

use crate::batch::EARLY_MILLIS;
use crate::work::{Dispatcher, Todo, Work};

/// Decides the channels that waited. The row says which: a second message for the same finds none.
pub(crate) async fn again(
    dispatcher: &Dispatcher,
    work: &Work<'_>,
    target: &Target,
) -> Result<Todo, StoreError> {
    let message = work.message;
    let id = NotificationId { ulid: message.ulid, user: target.user.clone() };
    let scope = Scope { tenant: message.tenant.clone(), user: target.user.clone(), account: None };
    let Some(Row::Live(stored)) = dispatcher.inbox.get(&scope, &id).await? else {
        return Ok(Todo::default());
    };
    let now = (dispatcher.clock)();
    let recipient =
        dispatcher.recipients.facts(&message.tenant, &target.user, target.account.as_ref(), now).await?;
    if work.erased(&recipient) {
        return Ok(Todo::default());
    }
    let verdict = work.decide(target, &recipient, Round::Again, now);
    // Who snoozed it wants it then, and not before.
    let out = stored.archived_at.is_some() || stored.snoozed_until.is_some();
    let dealt_with = out || stored.is_read(&dispatcher.inbox.marks(&scope).await?);
    let steps = steps(&stored, dealt_with, &verdict.channels, now);
    let after = match dispatcher.inbox.advance(&message.tenant, &id, &steps).await? {
        Advanced::Done => {
            let mut after = stored.deliveries.clone();
            after.extend(steps.into_iter().map(|step| (step.channel, step.to)));
            after
        }
        // Another message, or a cancellation, was first: what stands there now is handed on.
        Advanced::Lost(Some(Row::Live(other))) => other.deliveries,
        Advanced::Lost(_) => return Ok(Todo::default()),
    };
    let mut todo = work.todo(target, &recipient, &verdict, after.iter());
    // The connections were told when it was stored.
    todo.post = None;
    Ok(todo)
}

/// The steps of the channels whose time has come.
fn steps(
    stored: &Notification,
    dealt_with: bool,
    decided: &BTreeMap<Channel, Decision>,
    now: Millis,
) -> Vec<Step> {
    let due = |until: Option<Millis>| until.is_none_or(|until| until.0 - EARLY_MILLIS <= now.0);
    let waiting = |delivery: &Delivery| delivery.state == DeliveryState::Deferred && due(delivery.until);
    let step = |(&channel, delivery): (&Channel, &Delivery)| {
        let decision = match decided.get(&channel) {
            _ if dealt_with => Decision::Skip(Reason::AlreadyRead),
            Some(decision) => *decision,
            None => Decision::Skip(Reason::TypeDisabled),
        };
        let expect = (delivery.state, delivery.until);
        Step { channel, expect, to: Delivery::of(channel, decision, now) }
    };
    stored.deliveries.iter().filter(|(_, delivery)| waiting(delivery)).map(step).collect()
}

#[cfg(test)]
mod tests {
    use carillon_domain::Content;

    use super::*;

    fn stored(until: i64) -> Notification {
        let content: Content = serde_json::from_value(serde_json::json!({
            "type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9,
        }))
        .unwrap();
        let target: Target = serde_json::from_value(serde_json::json!({"user": "ann"})).unwrap();
        let deferred = Delivery::of(Channel::Push, Decision::Defer(Millis(until)), Millis(0));
        let sent = Delivery::of(Channel::InApp, Decision::Send, Millis(0));
        let skipped = Delivery::of(Channel::Email, Decision::Skip(Reason::NoAddress), Millis(0));
        let deliveries =
            [(Channel::Push, deferred), (Channel::InApp, sent), (Channel::Email, skipped)].into();
        Notification::new(carillon_domain::Ulid::nil(), &target, content, String::new(), deliveries)
    }

    fn after(until: i64, dealt_with: bool, decision: Decision) -> Option<(DeliveryState, Option<Reason>)> {
        let decided = [(Channel::Push, decision), (Channel::InApp, Decision::Send)].into();
        let steps = steps(&stored(until), dealt_with, &decided, Millis(10_000));
        assert!(
            steps.iter().all(|step| step.channel == Channel::Push && step.expect.1 == Some(Millis(until)))
        );
        steps.first().map(|step| (step.to.state, step.to.reason))
    }

    #[test]
    fn only_what_waited_and_is_due_moves() {
        assert_eq!(after(10_500, false, Decision::Send), Some((DeliveryState::Pending, None)));
        assert_eq!(after(12_000, false, Decision::Send), None, "too early: it waits on");
        let skipped = |reason| Some((DeliveryState::Skipped, Some(reason)));
        assert_eq!(after(10_000, true, Decision::Send), skipped(Reason::AlreadyRead));
        assert_eq!(after(10_000, false, Decision::Skip(Reason::NoAddress)), skipped(Reason::NoAddress));
        let held = Some((DeliveryState::Deferred, Some(Reason::QuietHours)));
        assert_eq!(after(10_000, false, Decision::Defer(Millis(20_000))), held);
    }
}
