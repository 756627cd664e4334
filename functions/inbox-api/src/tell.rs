//! Telling the user's connections about a change made over REST.

use carillon_domain::{AccountId, Event, change_frame};
use carillon_realtime::{PostError, Posted, To};
use carillon_store::Change;

use crate::app::{App, User};

/// Tells about one notification, if it did change.
pub(crate) async fn about(app: &App, user: &User, event: Event, change: &Change) {
    if change.changed {
        let to = To::Account(change.notification.account_id.as_ref());
        frame(app, user, to, &change_frame(event, &change.notification)).await;
    }
}

/// Posts a frame to the user's connections.
pub(crate) async fn frame(app: &App, user: &User, to: To<'_>, frame: &str) {
    let scope = &user.scope;
    log(app.poster.to_user(&scope.tenant, &scope.user, to, frame, user.now).await);
}

/// Tells of many, account by account.
pub(crate) async fn by_account(app: &App, user: &User, frames: &[(Option<&AccountId>, String)]) {
    let scope = &user.scope;
    log(app.poster.by_account(&scope.tenant, &scope.user, frames, None, user.now).await);
}

/// The change is made whether or not they can be told; they learn it by their next resync.
fn log(told: Result<Posted, PostError>) {
    if let Err(error) = told {
        tracing::warn!(code = error.code(), %error, "connections could not be told");
    }
}
