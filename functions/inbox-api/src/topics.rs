//! Topics follow what their user wants, and which devices there are: send-push is told to look.

use carillon_domain::GoneDevice;
use carillon_http::Problem;
use carillon_queue::{DeliveryMessage, Outgoing, Topics, Trace};

use crate::app::{App, User};

/// What the user wants may have changed, or a device is new. Whether they are in a topic is not known here.
pub(crate) async fn follow(app: &App, user: &User) -> Result<(), Problem> {
    send(app, user, Vec::new()).await
}

/// Devices were given up that are in topics.
pub(crate) async fn leave(app: &App, user: &User, gone: Vec<GoneDevice>) -> Result<(), Problem> {
    if gone.is_empty() { Ok(()) } else { send(app, user, gone).await }
}

/// The change itself is made by then: it may be repeated.
async fn send(app: &App, user: &User, gone: Vec<GoneDevice>) -> Result<(), Problem> {
    let topics = Topics {
        tenant: user.scope.tenant.clone(),
        users: [user.scope.user.clone()].into(),
        gone,
        trace: Trace::starting(user.now),
    };
    let message = Outgoing::new(&DeliveryMessage::Topics(Box::new(topics)), 0);
    let sent = match message {
        Ok(message) => app.push.send(message).await,
        Err(error) => Err(error),
    };
    sent.map_err(|error| {
        tracing::error!(code = error.code(), %error, "topics could not be queued");
        Problem::unavailable()
    })
}
