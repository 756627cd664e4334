//! Reading API Gateway's WebSocket events.

use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequestContext;
use carillon_domain::{Caller, ConnectionId, Millis, SocketContext};

/// Who sent this event. None where it does not carry our authorizer's context: it is refused, never guessed.
#[must_use]
pub fn caller(context: &ApiGatewayWebsocketProxyRequestContext) -> Option<Caller> {
    Some(Caller {
        connection: ConnectionId::parse(context.connection_id.as_deref()?).ok()?,
        connected_at: Millis(context.connected_at),
        context: SocketContext::from_map(&context.authorizer.fields)?,
    })
}
