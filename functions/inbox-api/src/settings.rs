//! The settings documents of existing apps, given back exactly as they were put.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use carillon_domain::AppSettings;
use carillon_http::{Problem, json_body};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::app::{App, User};
use crate::topics;

/// `GET /api/notifications/settings`: empty where none was put.
pub(crate) async fn get(State(app): State<Arc<App>>, user: User) -> Result<Response, Problem> {
    let document = app.recipients.settings(&user.scope).await?;
    Ok(verbatim(document.unwrap_or_else(|| String::from("{}"))))
}

/// `PUT /api/notifications/settings`: replaces.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    user: User,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    json_body(&headers, &body)?;
    let types = app.types.of(&user.scope.tenant, user.now).await?;
    let document = AppSettings::check(&body, &types.opt_in_keys(app.types.registry()))?;
    app.recipients.put_settings(&user.scope, &document, user.now).await?;
    topics::follow(&app, &user).await?;
    Ok(verbatim(document.as_str().to_owned()))
}

fn verbatim(document: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], document).into_response()
}
