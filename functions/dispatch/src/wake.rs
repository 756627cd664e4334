//! A snoozed notification whose time has come.

use carillon_domain::{Millis, Notification, NotificationId, Target};
use carillon_queue::{DispatchMessage, Group, Outgoing, RecordError, Wake};
use carillon_store::{RETENTION_DAYS, Row, SLOW_MILLIS, Scope, StoreError};

use crate::batch::{EARLY_MILLIS, MAX_ATTEMPTS, pause};
use crate::work::Dispatcher;

/// Brings it back, and answers what to post. None if it comes too early and waits on, or if it is back already, is
/// snoozed until another time, or is gone.
pub(crate) async fn wake(dispatcher: &Dispatcher, message: Wake) -> Result<Option<Group>, RecordError> {
    let now = (dispatcher.clock)();
    if message.until.0 - now.0 > EARLY_MILLIS {
        let again = Wake { trace: message.trace.again(now), ..message };
        let sent = dispatcher.dispatch.wake(again, now).await;
        return sent.map(|()| None).map_err(|error| RecordError::Failed(error.to_string()));
    }
    let ulid = message.ulid;
    match awake(dispatcher, &message, now).await {
        Ok(woken) => {
            tracing::info!(%ulid, woken = woken.is_some(), attempt = message.trace.attempt, "woken");
            Ok(woken.map(|notification| group(&message, *notification)))
        }
        Err(error) => {
            tracing::warn!(%ulid, code = error.code(), %error, "a notification could not be woken");
            retry(dispatcher, message, &error, now).await.map(|()| None)
        }
    }
}

async fn awake(
    dispatcher: &Dispatcher,
    message: &Wake,
    now: Millis,
) -> Result<Option<Box<Notification>>, StoreError> {
    let id = NotificationId { ulid: message.ulid, user: message.user.clone() };
    let scope = Scope { tenant: message.tenant.clone(), user: message.user.clone(), account: None };
    if let Some(woken) = dispatcher.inbox.wake(&message.tenant, &id, message.until, now).await? {
        let after = (dispatcher.clock)();
        if after.0 - now.0 > SLOW_MILLIS {
            dispatcher.inbox.not_born_read(&scope, &woken, after).await?;
        }
        return Ok(Some(woken));
    }
    // This may be a redelivery, and the first attempt may have died before the post: then it is unread since its time.
    let Some(Row::Live(there)) = dispatcher.inbox.get(&scope, &id).await? else { return Ok(None) };
    let old = there.created_at <= now.plus_seconds(-RETENTION_DAYS * 86_400);
    let back = there.snoozed_until.is_none() && there.archived_at.is_none() && !old;
    let since = there.unread.map(Millis::of);
    let since_then = since.is_some_and(|since| since.plus_millis(EARLY_MILLIS) >= message.until);
    Ok((back && since_then).then_some(there))
}

/// Sends it again with a pause that doubles: a notification must not sleep on because something was down for a while.
async fn retry(
    dispatcher: &Dispatcher,
    message: Wake,
    error: &StoreError,
    now: Millis,
) -> Result<(), RecordError> {
    let failed = |error: &dyn std::fmt::Display| RecordError::Failed(error.to_string());
    if !error.retryable() || message.trace.attempt >= MAX_ATTEMPTS {
        return Err(failed(error));
    }
    let trace = message.trace.again(now);
    let delay = pause(&trace);
    let again = DispatchMessage::Wake(Wake { trace, ..message });
    let sent = async { dispatcher.dispatch.queue.send(Outgoing::new(&again, delay)?).await };
    sent.await.map_err(|error| failed(&error))
}

/// Whoever posts it reads the row: it is posted as it stands there, with what the user has done to it before.
fn group(message: &Wake, notification: Notification) -> Group {
    let target = Target {
        user: message.user.clone(),
        account: notification.account_id,
        org: notification.org_id,
        email: None,
        phone: None,
    };
    Group {
        tenant: message.tenant.clone(),
        ulid: message.ulid,
        content: notification.content,
        recipients: vec![target],
        wording: None,
        only: Vec::new(),
        push: std::collections::BTreeMap::new(),
        repeated: true,
    }
}
