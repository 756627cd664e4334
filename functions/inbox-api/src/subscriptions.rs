//! Filters of the interrupting channels.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use carillon_domain::{Channel, Subscription};
use carillon_http::{Path, Problem, json_body};
use http::HeaderMap;

use crate::app::{App, User};
use crate::topics;

type Answer = Result<Json<Subscription>, Problem>;

/// `GET /api/notifications/subscriptions/{channel}`: what holds, whether or not it was ever put.
pub(crate) async fn get(State(app): State<Arc<App>>, user: User, Path(path): Path<String>) -> Answer {
    let channel = channel(&path)?;
    let subscription = app.recipients.subscription(&user.scope, channel).await?;
    Ok(Json(subscription.unwrap_or_else(|| Subscription::unset(channel))))
}

/// `PUT /api/notifications/subscriptions/{channel}`: replaces.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    user: User,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let channel = channel(&path)?;
    json_body(&headers, &body)?;
    let subscription = Subscription::accept(channel, &body)?;
    app.recipients.put_subscription(&user.scope, channel, &subscription).await?;
    if channel == Channel::Push {
        topics::follow(&app, &user).await?;
    }
    Ok(Json(subscription))
}

/// `in_app` cannot be filtered.
fn channel(path: &str) -> Result<Channel, Problem> {
    let interrupting = Channel::ALL.iter().copied().filter(|channel| *channel != Channel::InApp);
    interrupting.into_iter().find(|channel| channel.as_str() == path).ok_or_else(Problem::not_found)
}
