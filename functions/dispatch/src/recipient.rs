//! One recipient: decide, store.

use carillon_domain::{Channel, Deliveries, Delivery, Millis, Notification, Target, decide, mint};
use carillon_queue::Dispatch;
use carillon_store::{Inbox, Put, StoreError};

/// Channels this deployment has a sender for. Each sender that comes adds its own.
const CONFIGURED: &[Channel] = &[Channel::InApp];

/// What is left to do for a recipient.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Tell the live connections.
    Post,
    /// Nothing: deleted, cancelled, or dealt with by the user already.
    Done,
}

/// Decides and stores. The `unread` key is minted here, at the put: whatever is stored after a read-all is unread,
/// however long it was on its way.
pub(crate) async fn store(
    inbox: &Inbox,
    message: &Dispatch,
    target: &Target,
    now: Millis,
) -> Result<Next, StoreError> {
    let expires_at = message.content.expires_at;
    let decisions = decide(&message.channels, message.requested.as_deref(), CONFIGURED, expires_at, now);
    let deliveries: Deliveries = decisions
        .into_iter()
        .map(|(channel, decision)| (channel, Delivery::of(channel, decision, now)))
        .collect();
    let mut notification = Notification::new(
        message.ulid,
        target,
        message.content.clone(),
        message.producer.clone(),
        deliveries,
    );
    notification.unread = Some(mint(now));
    match inbox.put(&message.tenant, &notification).await? {
        Put::Stored => Ok(Next::Post),
        // A redelivery: whether the first attempt got as far as the post cannot be known, and clients drop
        // doubles by id. What the user has read or archived meanwhile needs no post.
        Put::Already(stored) if stored.read_at.is_none() && stored.archived_at.is_none() => Ok(Next::Post),
        Put::Already(_) | Put::Gone => Ok(Next::Done),
    }
}
