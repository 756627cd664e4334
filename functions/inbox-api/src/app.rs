//! Routes and what they share.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{delete, get, post};
use carillon_auth::{Audience, Auth};
use carillon_domain::{Clock, Millis, NotificationId};
use carillon_egress::Egress;
use carillon_http::{Problem, authenticate, finish};
use carillon_queue::{Later, Queue};
use carillon_realtime::Poster;
use carillon_store::{CatalogCache, Inbox, Recipients, Scope};
use carillon_unsubscribe::KeySource;
use http::request::Parts;

use crate::{
    all, bulk, change, document, list, one, preferences, push, settings, snooze, subscriptions, unsubscribe,
    whole,
};

/// Everything a request needs.
pub(crate) struct App {
    pub(crate) auth: Auth,
    pub(crate) inbox: Inbox,
    pub(crate) recipients: Recipients,
    pub(crate) types: CatalogCache,
    pub(crate) poster: Poster,
    pub(crate) dispatch: Later,
    pub(crate) push: Queue,
    /// Where a browser's push service may be.
    pub(crate) egress: Egress,
    /// What browsers subscribe with; empty where Web Push is not set up.
    pub(crate) vapid_public_key: String,
    /// What links in emails were signed with.
    pub(crate) unsubscribe: KeySource,
    pub(crate) clock: Clock,
}

/// The routes under `/api`, and what needs no token.
pub(crate) fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/api/notifications", get(list::list))
        .route("/api/notifications/unread-count", get(list::unread_count))
        .route("/api/notifications/stats", get(list::stats))
        .route("/api/notifications/read-all", post(all::read_all))
        .route("/api/notifications/seen-all", post(all::seen_all))
        .route("/api/notifications/cleanup-old", delete(all::cleanup_old))
        .route("/api/notifications/bulk-read", post(bulk::bulk_read))
        .route("/api/notifications/{id}", get(one::get).delete(change::delete))
        .route("/api/notifications/{id}/read", post(change::read))
        .route("/api/notifications/{id}/unread", post(change::unread))
        .route("/api/notifications/{id}/archive", post(change::archive))
        .route("/api/notifications/{id}/unarchive", post(whole::unarchive))
        .route("/api/notifications/{id}/seen", post(whole::seen))
        .route("/api/notifications/{id}/opened", post(whole::opened))
        .route("/api/notifications/{id}/clicked", post(whole::clicked))
        .route("/api/notifications/{id}/pin", post(whole::pin))
        .route("/api/notifications/{id}/unpin", post(whole::unpin))
        .route("/api/notifications/{id}/snooze", post(snooze::snooze))
        .route("/api/notifications/{id}/unsnooze", post(snooze::unsnooze))
        .route("/api/notifications/preferences", get(preferences::get).put(preferences::put))
        .route("/api/notifications/preferences/silence", post(preferences::silence))
        .route("/api/notifications/preferences/unsilence", post(preferences::unsilence))
        .route("/api/notifications/subscriptions/{channel}", get(subscriptions::get).put(subscriptions::put))
        .route("/api/notifications/settings", get(settings::get).put(settings::put))
        .route("/api/push/register", post(push::register))
        .route("/api/push/unregister", delete(push::unregister))
        .route("/api/push/devices", get(push::devices))
        .route("/api/push/vapid-key", get(push::vapid_key))
        .route("/unsubscribe/{token}", get(unsubscribe::ask).post(unsubscribe::done))
        .route("/openapi.json", get(document::openapi))
        .with_state(Arc::new(app));
    finish(routes)
}

/// An end user: whose inbox a request is about, and when it came.
pub(crate) struct User {
    pub(crate) scope: Scope,
    pub(crate) now: Millis,
}

impl FromRequestParts<Arc<App>> for User {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let now = (app.clock)();
        let claims = authenticate(&app.auth, &parts.headers, Audience::Inbox, now).await?;
        let scope = Scope { tenant: claims.tenant, user: claims.user, account: claims.account };
        Ok(Self { scope, now })
    }
}

impl User {
    /// An id from the path. Another user's is the same 404 as one that never existed, and nothing is read for it.
    pub(crate) fn own(&self, text: &str) -> Result<NotificationId, Problem> {
        let id = NotificationId::parse(text).map_err(|_| Problem::not_found())?;
        if id.user == self.scope.user { Ok(id) } else { Err(Problem::not_found()) }
    }
}
