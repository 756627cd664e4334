//! Telling the user's connections about a change made over REST.

use carillon_domain::{AccountId, Event, change_frame};
use carillon_store::Change;

use crate::app::{App, User};

/// Tells about one notification, if it did change.
pub(crate) async fn about(app: &App, user: &User, event: Event, change: &Change) {
    if change.changed {
        let account = change.notification.account_id.as_ref();
        frame(app, user, account, &change_frame(event, &change.notification)).await;
    }
}

/// Posts a frame to all of the user's connections. The change is made whether or not they can be told; they learn
/// it by their next resync.
pub(crate) async fn frame(app: &App, user: &User, account: Option<&AccountId>, frame: &str) {
    let scope = &user.scope;
    if let Err(error) = app.poster.to_user(&scope.tenant, &scope.user, account, None, frame, user.now).await {
        tracing::warn!(code = error.code(), %error, "connections could not be told");
    }
}
