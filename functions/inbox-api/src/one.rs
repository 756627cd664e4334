//! `GET /api/notifications/{id}`, and how one notification is shown.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::{Notification, ReadMarks};
use carillon_http::{Path, Problem};
use carillon_store::{Row, Scope};

use crate::app::{App, User};

pub(crate) async fn get(
    State(app): State<Arc<App>>,
    user: User,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let id = user.own(&path)?;
    match app.inbox.get(&user.scope, &id).await? {
        Some(Row::Live(notification)) => show(&app, &user.scope, &notification).await,
        Some(Row::Gone(_)) | None => Err(Problem::not_found()),
    }
}

pub(crate) async fn show(app: &App, scope: &Scope, notification: &Notification) -> Result<Response, Problem> {
    Ok(shown(notification, &marks(app, scope, notification).await?))
}

/// The marks that decide how it is shown: fetched only where it does not say itself whether it is read.
pub(crate) async fn marks(
    app: &App,
    scope: &Scope,
    notification: &Notification,
) -> Result<ReadMarks, Problem> {
    match notification.read_at {
        Some(_) => Ok(ReadMarks::default()),
        None => Ok(app.inbox.marks(scope).await?),
    }
}

pub(crate) fn shown(notification: &Notification, marks: &ReadMarks) -> Response {
    Json(notification.view(marks)).into_response()
}
