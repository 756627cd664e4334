//! One frame in, the frames that answer it out.

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequest;
use carillon_domain::{Caller, Clock, error_frame};
use carillon_realtime::{PostError, Poster, caller};
use carillon_store::{Connection, Inbox, Scope, StoreError};
use serde_json::{Value, json};

use crate::act::act;
use crate::action::Refusal;
use crate::parse::parse;
use crate::resync::Budget;

/// Everything a frame needs.
pub(crate) struct App {
    pub(crate) inbox: Inbox,
    pub(crate) poster: Poster,
    pub(crate) clock: Clock,
    pub(crate) budget: Budget,
}

/// Why an action did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// The client's doing.
    #[error("refused")]
    Refused(Refusal),
    /// There is nobody any more to answer.
    #[error("the connection is gone")]
    Gone,
    /// Ours.
    #[error(transparent)]
    Post(#[from] PostError),
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        Self::Post(PostError::Store(error))
    }
}

impl App {
    /// Posts a part of the answer to whoever asked.
    pub(crate) async fn post(&self, caller: &Caller, frame: &str) -> Result<(), ActError> {
        if self.poster.post(&caller.connection, frame).await? { Ok(()) } else { Err(ActError::Gone) }
    }
}

/// The connection stays, whatever the frame; only the end of the token ends it.
pub(crate) async fn answer(app: &App, event: &ApiGatewayWebsocketProxyRequest) -> Value {
    let Some(caller) = caller(&event.request_context) else { return json!({"statusCode": 403}) };
    let now = (app.clock)();
    if caller.context.expires_at <= now {
        return ended(app, &caller).await;
    }
    let body = event.body.as_deref().unwrap_or_default();
    let (id, request) = match parse(body, &caller.context.user) {
        Ok(request) => (request.id.clone(), Ok(request)),
        Err((refusal, id)) => (id, Err(ActError::Refused(refusal))),
    };
    let acted = async { last(app, &caller, act(app, &caller, request?, now).await?).await };
    let (row, last) = tokio::join!(restore(app, &caller), acted);
    if let Err(error) = row {
        tracing::warn!(connection_id = %caller.connection, code = error.code(), %error, "its row could not be checked");
    }
    let body = match last {
        Ok(last) => last,
        Err(ActError::Gone) => return json!({"statusCode": 410}),
        Err(ActError::Refused(refusal)) => Some(error_frame(refusal.code, &refusal.detail, id.as_ref())),
        Err(ActError::Post(error)) => {
            tracing::error!(connection_id = %caller.connection, code = error.code(), %error, "an action failed");
            Some(error_frame("unavailable", "try again in a moment", id.as_ref()))
        }
    };
    json!({"statusCode": 200, "body": body})
}

/// The last frame is the response's body; what comes before it is posted, in order. Where one is lost, so is what
/// follows: a client that saw the ack would believe it has had the answer.
async fn last(app: &App, caller: &Caller, mut frames: Vec<String>) -> Result<Option<String>, ActError> {
    let last = frames.pop();
    for frame in frames {
        app.post(caller, &frame).await?;
    }
    Ok(last)
}

/// A socket that takes frames is alive: if a 410 removed its row, the row comes back, in both rooms. Only the lost row
/// knew of rooms it had left. (The read may miss a row that is there: that one is not touched.)
async fn restore(app: &App, caller: &Caller) -> Result<(), StoreError> {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    let connections = app.poster.connections();
    if !connections.exists(tenant, user, &caller.connection).await?
        && connections.restore(tenant, user, &Connection::from(caller)).await?
    {
        revived(app, caller).await;
    }
    Ok(())
}

/// After a row was put back: its connection may have ended since it sent the frame.
pub(crate) async fn revived(app: &App, caller: &Caller) {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    if let Err(error) = app.poster.confirm(tenant, user, &caller.connection).await {
        tracing::warn!(connection_id = %caller.connection, code = error.code(), %error, "it could not be asked whether it lives");
    }
}

async fn ended(app: &App, caller: &Caller) -> Value {
    if let Err(error) = app.poster.close(&caller.connection).await {
        tracing::warn!(connection_id = %caller.connection, code = error.code(), %error, "could not be closed");
    }
    json!({"statusCode": 200, "body": error_frame("token_expired", "the token has ended", None)})
}

/// Whose inbox the caller may see.
pub(crate) fn scope(caller: &Caller) -> Scope {
    Scope {
        tenant: caller.context.tenant.clone(),
        user: caller.context.user.clone(),
        account: caller.context.account.clone(),
    }
}
