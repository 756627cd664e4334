//! Routes and what they share.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::{get, post};
use carillon_auth::{Audience, Auth};
use carillon_domain::{Clock, FieldError, InputError, Millis, Registry, TenantId, UserId};
use carillon_email::{Domains, Renderer};
use carillon_http::{Problem, authenticate, finish};
use carillon_queue::Queue;
use carillon_realtime::Poster;
use carillon_store::{Catalog, Inbox, Ledger, Recipients, Scope, Suppressions};
use http::request::Parts;

use crate::{
    direct, erase, export, layout, preview, recipients, settings, suppressions, topics, types, versions,
};

/// May do all of `/v1`.
const ADMIN: &str = "notifications:admin";

/// Everything a request needs.
pub(crate) struct App {
    pub(crate) auth: Auth,
    pub(crate) registry: Registry,
    pub(crate) catalog: Catalog,
    pub(crate) recipients: Recipients,
    pub(crate) inbox: Inbox,
    pub(crate) ledger: Ledger,
    pub(crate) suppressions: Suppressions,
    pub(crate) poster: Poster,
    pub(crate) push: Queue,
    /// What previews of emails are rendered with.
    pub(crate) emails: Renderer,
    /// Whom emails are from where a tenant says nothing else; may be empty.
    pub(crate) email_from: String,
    /// What tenants may send from.
    pub(crate) domains: Domains,
    pub(crate) clock: Clock,
}

/// The administrator's routes under `/v1`.
pub(crate) fn router(app: App) -> Router {
    let recipient = get(recipients::get).put(recipients::put).delete(erase::delete).post(recipients::post);
    let routes = Router::new()
        .route("/v1/types", get(types::list))
        .route("/v1/types/{key}", get(types::get).put(types::put).delete(types::delete))
        .route("/v1/types/{key}/versions", get(versions::of_type))
        .route("/v1/types/{key}/versions/{version}", get(versions::one_of_type))
        .route("/v1/types/{key}/versions/{version}/restore", post(versions::restore_type))
        .route("/v1/layout", get(layout::get).put(layout::put).delete(layout::delete))
        .route("/v1/layout/versions", get(versions::of_layout))
        .route("/v1/layout/versions/{version}", get(versions::one_of_layout))
        .route("/v1/layout/versions/{version}/restore", post(versions::restore_layout))
        .route("/v1/templates/preview", post(preview::preview))
        .route("/v1/settings", get(settings::get).put(settings::put))
        .route("/v1/suppressions", get(suppressions::list).post(suppressions::post))
        .route("/v1/suppressions/{address}", get(suppressions::get).delete(suppressions::delete))
        .route("/v1/recipients/{user_id}", recipient)
        .route("/v1/recipients/{user_id}/export", get(export::export))
        .route("/v1/push/messages", post(direct::create))
        .route("/v1/push/messages/{id}", get(direct::get))
        .route("/v1/push/topics/{topic}/subscribe", post(topics::subscribe))
        .route("/v1/push/topics/{topic}/unsubscribe", post(topics::unsubscribe))
        .route("/v1/recipients/{user_id}/topics", get(topics::list))
        .with_state(Arc::new(app));
    finish(routes)
}

/// An administrator of a tenant, and when the request came.
pub(crate) struct Admin {
    pub(crate) tenant: TenantId,
    pub(crate) producer: UserId,
    pub(crate) now: Millis,
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let now = (app.clock)();
        let claims = authenticate(&app.auth, &parts.headers, Audience::Produce, now).await?;
        claims.require_scope(ADMIN)?;
        Ok(Self { tenant: claims.tenant, producer: claims.user, now })
    }
}

impl Admin {
    /// A user of this tenant, from the path.
    pub(crate) fn user(&self, text: &str) -> Result<Scope, Problem> {
        let user = UserId::parse(text)
            .map_err(|error| InputError::from(FieldError::new("user_id", error.to_string())))?;
        Ok(Scope { tenant: self.tenant.clone(), user, account: None })
    }
}
