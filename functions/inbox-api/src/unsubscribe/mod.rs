//! `/unsubscribe/{token}`: what the link in an email leads to. Whoever has the link may use it, without a login.
//!
//! GET and HEAD read nothing of the user and change nothing: mail scanners and previews follow links. POST is what the page's
//! button does, and what mail programs do for `List-Unsubscribe=One-Click` (RFC 8058). Its body says nothing that the link
//! does not, so it is not read. The token is never logged.

mod language;
mod page;
mod words;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use carillon_domain::TenantId;
use carillon_http::{Path, Problem};
use carillon_store::Scope;
use carillon_unsubscribe::{Refused, Unsubscribe};
use http::{HeaderMap, StatusCode};

use self::language::language;
use self::page::{Page, page};
use crate::app::{App, User};
use crate::topics;

/// Longest body, in bytes: a form with one field.
const MAX_BODY: usize = 16 * 1_024;

/// The part of the path, where it can be read at all.
type Token = Result<Path<String>, Problem>;

/// `GET`, `HEAD`: asks.
pub(crate) async fn ask(State(app): State<Arc<App>>, headers: HeaderMap, token: Token) -> Response {
    match verified(&app, token).await {
        Ok(link) => answer(&app, &headers, Some(&link.tenant), Page::Ask).await,
        Err(why) => answer(&app, &headers, None, why).await,
    }
}

/// `POST`: does it. Doing it again is no error.
pub(crate) async fn done(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    token: Token,
    body: Bytes,
) -> Response {
    if body.len() > MAX_BODY {
        return answer(&app, &headers, None, Page::TooLarge).await;
    }
    let link = match verified(&app, token).await {
        Ok(link) => link,
        Err(why) => return answer(&app, &headers, None, why).await,
    };
    match withdraw(&app, &link).await {
        Ok(()) => answer(&app, &headers, Some(&link.tenant), Page::Done).await,
        // The cause is in the log.
        Err(_) => answer(&app, &headers, None, Page::Later).await,
    }
}

async fn withdraw(app: &App, link: &Unsubscribe) -> Result<(), Problem> {
    let now = (app.clock)();
    let scope = Scope { tenant: link.tenant.clone(), user: link.user.clone(), account: None };
    // Of who was erased since, nothing is left that could get mails.
    if app.recipients.withdraw(&scope, &link.key, link.signed_at, now).await? {
        tracing::info!(tenant = %link.tenant, key = link.key, "unsubscribed by a link");
        topics::follow(app, &User { scope, now }).await?;
    }
    Ok(())
}

async fn verified(app: &App, token: Token) -> Result<Unsubscribe, Page> {
    let Ok(Path(token)) = token else { return Err(Page::Forged) };
    match app.unsubscribe.verify(&token, (app.clock)()).await {
        Ok(Ok(link)) => Ok(link),
        Ok(Err(Refused::Forged)) => Err(Page::Forged),
        Ok(Err(Refused::Expired)) => Err(Page::Expired),
        Err(error) => {
            tracing::error!(code = "unsubscribe_secret_unavailable", %error, "no link can be verified");
            Err(Page::Later)
        }
    }
}

/// A page in the reader's language, in the tenant's name if that is known.
async fn answer(app: &App, headers: &HeaderMap, tenant: Option<&TenantId>, which: Page) -> Response {
    let brand = match tenant {
        Some(tenant) => brand(app, tenant).await,
        None => None,
    };
    page(which, language(headers), brand.as_deref())
}

/// A page without a name is better than none.
async fn brand(app: &App, tenant: &TenantId) -> Option<String> {
    match app.types.of(tenant, (app.clock)()).await {
        Ok(types) => types.settings.brand.name.clone(),
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "the page has no name on it");
            None
        }
    }
}

impl Page {
    fn status(self) -> StatusCode {
        match self {
            Self::Ask | Self::Done => StatusCode::OK,
            Self::Forged => StatusCode::NOT_FOUND,
            Self::Expired => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Later => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
