//! One frame in, the frames that answer it out.

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequest;
use carillon_domain::{Caller, Clock, Millis, error_frame};
use carillon_realtime::{PostError, Poster, caller};
use carillon_store::{Connection, Inbox, Scope, StoreError};
use serde_json::{Value, json};

use crate::act::act;
use crate::action::Refusal;
use crate::parse::parse;

/// Everything a frame needs.
pub(crate) struct App {
    pub(crate) inbox: Inbox,
    pub(crate) poster: Poster,
    pub(crate) clock: Clock,
}

/// Why an action did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// The client's doing.
    #[error("refused")]
    Refused(Refusal),
    /// Ours.
    #[error(transparent)]
    Post(#[from] PostError),
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        Self::Post(PostError::Store(error))
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
    let (row, frames) = tokio::join!(restore(app, &caller), frames(app, &caller, body, now));
    if let Err(error) = row {
        tracing::warn!(connection_id = %caller.connection, code = error.code(), %error, "its row could not be checked");
    }
    reply(app, &caller, frames).await
}

async fn frames(app: &App, caller: &Caller, body: &str, now: Millis) -> Vec<String> {
    let refused = |refusal: Refusal, id: Option<&Value>| vec![error_frame(refusal.code, &refusal.detail, id)];
    let request = match parse(body, &caller.context.user) {
        Ok(request) => request,
        Err((refusal, id)) => return refused(refusal, id.as_ref()),
    };
    let id = request.id.clone();
    match act(app, caller, request, now).await {
        Ok(frames) => frames,
        Err(ActError::Refused(refusal)) => refused(refusal, id.as_ref()),
        Err(ActError::Post(error)) => {
            tracing::error!(connection_id = %caller.connection, code = error.code(), %error, "an action failed");
            vec![error_frame("unavailable", "try again in a moment", id.as_ref())]
        }
    }
}

/// The last frame is the response's body; what comes before it is posted, in order. Where one is lost, so is what
/// follows: a client that saw the end of a sync would believe it has all of it.
async fn reply(app: &App, caller: &Caller, mut frames: Vec<String>) -> Value {
    let last = frames.pop();
    for frame in frames {
        match app.poster.post(&caller.connection, &frame).await {
            Ok(true) => {}
            Ok(false) => return json!({"statusCode": 410}),
            Err(error) => {
                tracing::warn!(connection_id = %caller.connection, code = error.code(), %error, "an answer could not be posted");
                return json!({"statusCode": 200, "body": error_frame("unavailable", "try again in a moment", None)});
            }
        }
    }
    json!({"statusCode": 200, "body": last})
}

/// A socket that takes frames is alive: if a 410 removed its row, the row comes back, in both rooms. Only the lost row
/// knew of rooms it had left. (The read may miss a row that is there: that one is not touched.)
async fn restore(app: &App, caller: &Caller) -> Result<(), StoreError> {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    let connections = app.poster.connections();
    if connections.exists(tenant, user, &caller.connection).await? {
        return Ok(());
    }
    connections.restore(tenant, user, &Connection::from(caller)).await
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
