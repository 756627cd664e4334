//! The end of a token is the end of its socket.

use carillon_queue::{Close, MAX_DELAY_SECONDS, Outgoing, RealtimeMessage, RecordError};

use crate::batch::Sender;

/// Ends the connection if it is time; else waits on, in steps of what SQS can delay.
pub(crate) async fn when_due(sender: &Sender, message: Close) -> Result<(), RecordError> {
    let now = (sender.clock)();
    if message.at > now {
        let left = (message.at.0 - now.0 + 999) / 1000;
        let trace = message.trace.again(now);
        let again = RealtimeMessage::Close(Close { trace, ..message });
        let sent = async { sender.realtime.send(Outgoing::new(&again, left.min(MAX_DELAY_SECONDS))?).await };
        return sent.await.map_err(|error| RecordError::Failed(error.to_string()));
    }
    let closed = sender.poster.close(&message.connection).await;
    closed.map_err(|error| RecordError::Failed(error.to_string()))?;
    let gone = sender.poster.connections().delete(&message.tenant, &message.user, &message.connection).await;
    gone.map_err(|error| RecordError::Failed(error.to_string()))?;
    tracing::info!(connection_id = %message.connection, "closed: its token has ended");
    Ok(())
}
