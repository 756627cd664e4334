//! Changing notifications. The user's other connections are told; this one is acked, not echoed.

use carillon_domain::{
    Caller, Event, Millis, NotificationId, bulk_read_frames, change_frame, read_all_frame,
};
use carillon_realtime::{PostError, Posted, To};
use carillon_store::{Change, ReadMany};
use serde_json::{Value, json};

use crate::action::{Refusal, What};
use crate::answer::{ActError, App, scope};

/// Changes one notification.
pub(crate) async fn one(
    app: &App,
    caller: &Caller,
    what: What,
    id: &NotificationId,
    now: Millis,
) -> Result<Value, ActError> {
    let scope = scope(caller);
    let (event, change) = match what {
        What::Read => (Event::NotificationRead, app.inbox.mark_read(&scope, id, now).await?),
        What::Archive => (Event::NotificationArchived, app.inbox.archive(&scope, id, now).await?),
        What::Unread => {
            let marks = app.inbox.marks(&scope).await?;
            (Event::NotificationUnread, app.inbox.mark_unread(&scope, id, &marks, now).await?)
        }
    };
    let Change { notification, changed } = change.ok_or_else(|| ActError::Refused(Refusal::not_found()))?;
    if changed {
        let to = To::Others(notification.account_id.as_ref(), &caller.connection);
        tell(app, caller, to, &change_frame(event, &notification), now).await;
    }
    let shown = |time: Option<Millis>| time.map(|time| time.to_string());
    Ok(match what {
        What::Read => json!({"notification_id": id, "read_at": shown(notification.read_at)}),
        What::Archive => json!({"notification_id": id, "archived_at": shown(notification.archived_at)}),
        What::Unread => json!({"notification_id": id}),
    })
}

/// Marks several as read; others' ids are skipped. Should one fail, the others are read and told all the same: the
/// client repeats the whole.
pub(crate) async fn bulk_read(
    app: &App,
    caller: &Caller,
    ids: Vec<NotificationId>,
    now: Millis,
) -> Result<Value, ActError> {
    let (scope, total) = (scope(caller), ids.len());
    let marks = app.inbox.marks(&scope).await?;
    let ReadMany { changed, failure } = app.inbox.mark_read_many(&scope, ids, &marks, now).await;
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    let frames = bulk_read_frames(&changed, now);
    log(app.poster.by_account(tenant, user, &frames, Some(&caller.connection), now).await);
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(json!({"updated": changed.len(), "total": total, "read_at": now.to_string()})),
    }
}

/// Marks everything stored so far as read.
pub(crate) async fn read_all(app: &App, caller: &Caller, now: Millis) -> Result<Value, ActError> {
    let scope = scope(caller);
    if app.inbox.read_all(&scope, now).await? {
        let account = scope.account.as_ref();
        // One for all accounts changes what the sockets of each of them show.
        let to = match account {
            Some(_) => To::Others(account, &caller.connection),
            None => To::EveryoneElse(&caller.connection),
        };
        tell(app, caller, to, &read_all_frame(account, now), now).await;
    }
    Ok(json!({"read_at": now.to_string(), "unread_count": 0}))
}

async fn tell(app: &App, caller: &Caller, to: To<'_>, frame: &str, now: Millis) {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    log(app.poster.to_user(tenant, user, to, frame, now).await);
}

/// The change is made whether or not the others can be told; they learn it by their next resync.
fn log(told: Result<Posted, PostError>) {
    if let Err(error) = told {
        tracing::warn!(code = error.code(), %error, "other connections could not be told");
    }
}
