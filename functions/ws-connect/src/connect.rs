//! Opening a connection.

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequestContext;
use carillon_domain::{Caller, Clock};
use carillon_queue::{Close, Outgoing, Queue, QueueError, RealtimeMessage, Trace};
use carillon_realtime::{MAX_CONNECTIONS, PostError, Poster, caller};
use carillon_store::Connection;
use serde_json::{Value, json};

/// API Gateway ends every WebSocket after two hours by itself.
const LONGEST_SECONDS: i64 = 2 * 3600;

/// Everything a connect needs.
pub(crate) struct App {
    pub(crate) poster: Poster,
    pub(crate) realtime: Queue,
    pub(crate) clock: Clock,
}

#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Any answer but 200 refuses the connection.
pub(crate) async fn connect(app: &App, context: &ApiGatewayWebsocketProxyRequestContext) -> Value {
    let Some(caller) = caller(context) else { return json!({"statusCode": 403}) };
    match open(app, &caller).await {
        Ok(()) => {
            tracing::info!(connection_id = %caller.connection, "connected");
            json!({"statusCode": 200})
        }
        Err(error) => {
            tracing::error!(connection_id = %caller.connection, %error, "a connection could not be opened");
            remove(app, &caller).await;
            json!({"statusCode": 503})
        }
    }
}

async fn open(app: &App, caller: &Caller) -> Result<(), ConnectError> {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    end_with_token(app, caller).await?;
    let connections = app.poster.connections();
    connections.put(tenant, user, &Connection::from(caller)).await.map_err(PostError::from)?;
    let all = connections.of_user(tenant, user).await.map_err(PostError::from)?;
    let surplus = all.len().saturating_sub(MAX_CONNECTIONS);
    for oldest in all.iter().filter(|other| other.id != caller.connection).take(surplus) {
        if let Err(error) = app.poster.close(&oldest.id).await {
            // Not the new one's fault. The old one is not posted to any more; a frame of its own brings it back.
            tracing::warn!(connection_id = %oldest.id, code = error.code(), %error, "could not be closed");
        }
        connections.delete(tenant, user, &oldest.id).await.map_err(PostError::from)?;
        tracing::info!(connection_id = %oldest.id, "closed: too many connections");
    }
    Ok(())
}

/// Asks for the connection to be ended when its token ends, if that comes before API Gateway ends it anyway.
async fn end_with_token(app: &App, caller: &Caller) -> Result<(), QueueError> {
    let now = (app.clock)();
    let at = caller.context.expires_at;
    if at > now.plus_seconds(LONGEST_SECONDS) {
        return Ok(());
    }
    let message = RealtimeMessage::Close(Close {
        tenant: caller.context.tenant.clone(),
        user: caller.context.user.clone(),
        connection: caller.connection.clone(),
        at,
        trace: Trace::starting(now),
    });
    // At least a second: a close that comes before the connection is open finds nothing to close.
    let delay = ((at.0 - now.0 + 999) / 1000).max(1);
    app.realtime.send(Outgoing::new(&message, delay)?).await
}

async fn remove(app: &App, caller: &Caller) {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    if let Err(error) = app.poster.connections().delete(tenant, user, &caller.connection).await {
        tracing::warn!(connection_id = %caller.connection, code = error.code(), %error, "its row stays until its TTL");
    }
}
