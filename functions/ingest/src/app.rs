//! Routes and what they share.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use carillon_auth::{Audience, Auth, Claims};
use carillon_domain::{Clock, NotificationId};
use carillon_http::{Problem, authenticate, finish};
use carillon_queue::{Later, QueueError};
use carillon_store::{CatalogCache, Inbox, Ledger};
use http::HeaderMap;

use crate::{create, inspect};

/// May post and ask about its own notifications.
pub(crate) const SEND: &str = "notifications:send";
/// May do all of `/v1`.
pub(crate) const ADMIN: &str = "notifications:admin";

/// Everything a request needs.
pub(crate) struct App {
    pub(crate) auth: Auth,
    pub(crate) catalog: CatalogCache,
    pub(crate) inbox: Inbox,
    pub(crate) ledger: Ledger,
    pub(crate) dispatch: Later,
    pub(crate) clock: Clock,
}

/// The routes under `/v1`.
pub(crate) fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/v1/notifications", post(create::create))
        .route("/v1/notifications/{id}", get(inspect::get))
        .route("/v1/notifications/{id}/cancel", post(inspect::cancel))
        .with_state(Arc::new(app));
    finish(routes)
}

/// A producer: a verified token that may send.
pub(crate) async fn producer(app: &App, headers: &HeaderMap) -> Result<Claims, Problem> {
    let claims = authenticate(&app.auth, headers, Audience::Produce, (app.clock)()).await?;
    if !claims.has_scope(ADMIN) {
        claims.require_scope(SEND)?;
    }
    Ok(claims)
}

/// An id from the path. What is no id cannot exist.
pub(crate) fn id(text: &str) -> Result<NotificationId, Problem> {
    NotificationId::parse(text).map_err(|_| Problem::not_found())
}

/// The caller is told to try again; the log has the cause.
pub(crate) fn queue_problem(error: &QueueError) -> Problem {
    tracing::error!(code = error.code(), %error, "a notification could not be queued");
    Problem::unavailable()
}
