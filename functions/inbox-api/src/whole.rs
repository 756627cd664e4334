//! Changes of one notification that are told with the whole of it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use carillon_domain::{Event, ReadMarks, frame};
use carillon_http::{Path, Problem};
use carillon_realtime::To;
use carillon_store::Change;

use crate::app::{App, User};
use crate::{one, tell};

type Shared = State<Arc<App>>;
type Answer = Result<Response, Problem>;

/// Tells what it looks like now, if it did change, and answers with it. The marks are read before anything is changed:
/// nothing may fail between a change and telling of it, because a repetition changes nothing and tells nothing.
pub(crate) async fn told(
    app: &App,
    user: &User,
    event: Event,
    change: Option<Change>,
    marks: &ReadMarks,
) -> Answer {
    let Change { notification, changed } = change.ok_or_else(Problem::not_found)?;
    if changed {
        let to = To::Account(notification.account_id.as_ref());
        tell::frame(app, user, to, &frame(event, notification.view(marks))).await;
    }
    Ok(one::shown(&notification, marks))
}

pub(crate) async fn seen(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.mark_seen(&user.scope, &id, &marks, user.now).await?;
    told(&app, &user, Event::NotificationUpdated, change, &marks).await
}

pub(crate) async fn opened(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.mark_opened(&user.scope, &id, &marks, user.now).await?;
    told(&app, &user, Event::NotificationUpdated, change, &marks).await
}

pub(crate) async fn clicked(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.mark_clicked(&user.scope, &id, &marks, user.now).await?;
    told(&app, &user, Event::NotificationUpdated, change, &marks).await
}

pub(crate) async fn pin(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.pin(&user.scope, &id, user.now).await?;
    told(&app, &user, Event::NotificationUpdated, change, &marks).await
}

pub(crate) async fn unpin(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.unpin(&user.scope, &id, user.now).await?;
    told(&app, &user, Event::NotificationUpdated, change, &marks).await
}

pub(crate) async fn unarchive(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.unarchive(&user.scope, &id, &marks, user.now).await?;
    told(&app, &user, Event::NotificationUpdated, change, &marks).await
}
