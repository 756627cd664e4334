//! A new notification of one recipient: decide, count, store.

use carillon_domain::{
    Millis, Notification, NotificationId, Recipient, Round, Target, Unstored, Verdict, mint, wording,
};
use carillon_store::{Counting, Put, Row, SLOW_MILLIS, Scope, StoreError};

use crate::work::{Dispatcher, Todo, Work};

/// How often a count is tried while others count for the same recipient. Each loss is another's gain, and what the caps
/// allow is soon counted; after that nothing is left to count.
const COUNT_ATTEMPTS: u32 = 200;

/// Decides and stores.
pub(crate) async fn first(
    dispatcher: &Dispatcher,
    work: &Work<'_>,
    target: &Target,
) -> Result<Todo, StoreError> {
    let message = work.message;
    let now = (dispatcher.clock)();
    let mut recipient =
        dispatcher.recipients.facts(&message.tenant, &target.user, target.account.as_ref(), now).await?;
    if work.erased(&recipient) {
        return Ok(Todo::default());
    }
    if late(work, now) {
        let there = row(dispatcher, work, target).await?;
        if let Some(row) =
            there.filter(|row| !matches!(row, Row::Gone(gone) if !gone.holds(&message.producer)))
        {
            let verdict = work.decide(target, &recipient, Round::Repeated, now);
            return Ok(already(work, target, &recipient, &verdict, row));
        }
        let id = NotificationId { ulid: message.ulid, user: target.user.clone() };
        if dispatcher.ledger.trace(&message.tenant, &id, now).await?.is_some() {
            return Ok(Todo::default());
        }
    }
    let verdict = counted(dispatcher, work, target, &mut recipient, now).await?;
    if !verdict.stored() {
        let unstored = Unstored {
            type_key: message.content.type_key.clone(),
            producer: message.producer.clone(),
            priority: message.content.priority,
            account_id: target.account.clone(),
            created_at: Millis::of(message.ulid),
            deliveries: verdict.deliveries(now),
        };
        dispatcher.ledger.put_trace(&message.tenant, &target.user, message.ulid, &unstored, now).await?;
        return Ok(Todo::default());
    }
    put(dispatcher, work, target, &recipient, &verdict, now).await
}

/// Whether the message may have been dealt with so long ago that what was counted for it is forgotten, or may have been
/// cancelled for long: then what became of it is looked at first, so that nothing is counted twice or for nothing, and
/// what was decided against stays so.
fn late(work: &Work<'_>, now: Millis) -> bool {
    let window = i64::from(work.types.settings.throttle.window_seconds).min(3_600);
    let at = Millis::of(work.message.ulid);
    let scheduled = at > work.message.accepted_at.plus_seconds(1);
    scheduled || at.plus_seconds(window) < now
}

async fn row(dispatcher: &Dispatcher, work: &Work<'_>, target: &Target) -> Result<Option<Row>, StoreError> {
    let id = NotificationId { ulid: work.message.ulid, user: target.user.clone() };
    let scope = Scope { tenant: work.message.tenant.clone(), user: target.user.clone(), account: None };
    dispatcher.inbox.get(&scope, &id).await
}

/// Decides, and takes what the decision counts. Whoever loses the race decides again on what the winner left.
async fn counted(
    dispatcher: &Dispatcher,
    work: &Work<'_>,
    target: &Target,
    recipient: &mut Recipient,
    now: Millis,
) -> Result<Verdict, StoreError> {
    let throttle = work.types.settings.throttle;
    let mut verdict = work.decide(target, recipient, Round::First, now);
    for _ in 0..COUNT_ATTEMPTS {
        let Some(one) = verdict.count.take() else { return Ok(verdict) };
        let next = recipient.limits.with(one, throttle);
        let until = next.keep_until(throttle);
        match dispatcher.recipients.count(&work.message.tenant, &target.user, &next, until).await? {
            Counting::Taken => return Ok(verdict),
            Counting::Lost(limits) => recipient.limits = limits,
        }
        verdict = work.decide(target, recipient, Round::First, now);
    }
    Err(StoreError::Contended)
}

/// Stores. The `unread` key is minted here, right before the put: whatever is stored after a read-all is unread, however
/// long it was on its way.
async fn put(
    dispatcher: &Dispatcher,
    work: &Work<'_>,
    target: &Target,
    recipient: &Recipient,
    verdict: &Verdict,
    now: Millis,
) -> Result<Todo, StoreError> {
    let message = work.message;
    let locale = recipient.profile.as_ref().and_then(|profile| profile.locale.as_deref());
    let content = message.content.worded(wording(&message.wordings, locale));
    let deliveries = verdict.deliveries(now);
    let mut notification =
        Notification::new(message.ulid, target, content, message.producer.clone(), deliveries);
    let before = (dispatcher.clock)();
    notification.unread = Some(mint(before));
    match dispatcher.inbox.put(&message.tenant, &notification).await? {
        Put::Stored => {
            let now = (dispatcher.clock)();
            if now.0 - before.0 > SLOW_MILLIS {
                let user = target.user.clone();
                let scope = Scope { tenant: message.tenant.clone(), user, account: None };
                dispatcher.inbox.not_born_read(&scope, &notification, now).await?;
            }
            Ok(work.todo(target, recipient, verdict, notification.deliveries.iter()))
        }
        Put::Already(stored) => Ok(already(work, target, recipient, verdict, Row::Live(stored))),
        Put::Gone => Ok(Todo::default()),
    }
}

/// A redelivery: how far the first attempt got cannot be known, so everything that waits is handed on again; clients drop
/// doubles by id, senders by their claim, and whoever posts looks first whether it is still news.
fn already(work: &Work<'_>, target: &Target, recipient: &Recipient, verdict: &Verdict, row: Row) -> Todo {
    let Row::Live(stored) = row else { return Todo::default() };
    Todo { repeated: true, ..work.todo(target, recipient, verdict, stored.deliveries.iter()) }
}
