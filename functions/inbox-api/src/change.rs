//! Changing one notification.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{Event, change_frame};
use carillon_http::{Path, Problem};
use carillon_realtime::To;
use http::StatusCode;

use crate::app::{App, User};
use crate::one::{show, shown};
use crate::tell;

type Shared = State<Arc<App>>;

pub(crate) async fn read(
    State(app): Shared,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let change = app.inbox.mark_read(&user.scope, &user.own(&path)?, user.now).await?;
    let change = change.ok_or_else(Problem::not_found)?;
    tell::about(&app, &user, Event::NotificationRead, &change).await;
    show(&app, &user.scope, &change.notification).await
}

pub(crate) async fn unread(
    State(app): Shared,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let id = user.own(&path)?;
    let marks = app.inbox.marks(&user.scope).await?;
    let change = app.inbox.mark_unread(&user.scope, &id, &marks, user.now).await?;
    let change = change.ok_or_else(Problem::not_found)?;
    tell::about(&app, &user, Event::NotificationUnread, &change).await;
    Ok(shown(&change.notification, &marks))
}

pub(crate) async fn archive(
    State(app): Shared,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let change = app.inbox.archive(&user.scope, &user.own(&path)?, user.now).await?;
    let change = change.ok_or_else(Problem::not_found)?;
    tell::about(&app, &user, Event::NotificationArchived, &change).await;
    show(&app, &user.scope, &change.notification).await
}

pub(crate) async fn delete(
    State(app): Shared,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let id = user.own(&path)?;
    let was = app.inbox.delete(&user.scope, &id, user.now).await?.ok_or_else(Problem::not_found)?;
    let deleted = change_frame(Event::NotificationDeleted, &was);
    tell::frame(&app, &user, To::Account(was.account_id.as_ref()), &deleted).await;
    Ok(StatusCode::NO_CONTENT.into_response())
}
