//! Changes of one notification that are told with the whole of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use carillon_domain::{Event, frame};
use carillon_http::Problem;
use carillon_realtime::To;
use carillon_store::Change;

use crate::app::{App, User};
use crate::{one, tell};

type Shared = State<Arc<App>>;
type Answer = Result<Response, Problem>;

/// Tells what it looks like now, if it did change, and answers with it.
pub(crate) async fn answer(app: &App, user: &User, event: Event, change: Option<Change>) -> Answer {
    let Change { notification, changed } = change.ok_or_else(Problem::not_found)?;
    let marks = one::marks(app, &user.scope, &notification).await?;
    if changed {
        let to = To::Account(notification.account_id.as_ref());
        tell::frame(app, user, to, &frame(event, notification.view(&marks))).await;
    }
    Ok(one::shown(&notification, &marks))
}

pub(crate) async fn seen(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let change = app.inbox.mark_seen(&user.scope, &user.own(&path)?, user.now).await?;
    answer(&app, &user, Event::NotificationUpdated, change).await
}

pub(crate) async fn opened(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let change = app.inbox.mark_opened(&user.scope, &user.own(&path)?, user.now).await?;
    answer(&app, &user, Event::NotificationUpdated, change).await
}

pub(crate) async fn clicked(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let change = app.inbox.mark_clicked(&user.scope, &user.own(&path)?, user.now).await?;
    answer(&app, &user, Event::NotificationUpdated, change).await
}

pub(crate) async fn pin(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let change = app.inbox.pin(&user.scope, &user.own(&path)?, user.now).await?;
    answer(&app, &user, Event::NotificationUpdated, change).await
}

pub(crate) async fn unpin(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let change = app.inbox.unpin(&user.scope, &user.own(&path)?, user.now).await?;
    answer(&app, &user, Event::NotificationUpdated, change).await
}

pub(crate) async fn unarchive(State(app): Shared, user: User, Path(path): Path<String>) -> Answer {
    let change = app.inbox.unarchive(&user.scope, &user.own(&path)?, user.now).await?;
    answer(&app, &user, Event::NotificationUpdated, change).await
}
