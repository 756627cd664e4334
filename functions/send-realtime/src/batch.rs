//! One invocation.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::Clock;
use carillon_queue::{Queue, RealtimeMessage, process};
use carillon_realtime::Poster;

use carillon_store::Inbox;

use crate::{close, post};

/// Everything a batch needs.
pub(crate) struct Sender {
    pub(crate) inbox: Inbox,
    pub(crate) poster: Poster,
    pub(crate) realtime: Queue,
    pub(crate) push: Queue,
    pub(crate) clock: Clock,
}

/// Works through a batch.
pub(crate) async fn work(sender: &Sender, event: SqsEvent) -> SqsBatchResponse {
    let handle = async |message| match message {
        RealtimeMessage::Post(message) => post::all(sender, message).await,
        RealtimeMessage::Close(message) => close::when_due(sender, message).await,
    };
    process(event, handle, async |_| Vec::new()).await
}
