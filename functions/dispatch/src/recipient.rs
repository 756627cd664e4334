//! One recipient: decide, store.

use carillon_domain::{Channel, Clock, Deliveries, Delivery, Millis, Notification, Target, decide, mint};
use carillon_queue::Dispatch;
use carillon_store::{Inbox, Put, Scope, StoreError};

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

/// A put that took longer may have been overtaken by a read-all of what was stored after it was minted.
const SLOW_MILLIS: i64 = 500;

/// Decides and stores. The `unread` key is minted here, right before the put: whatever is stored after a read-all is
/// unread, however long it was on its way.
pub(crate) async fn store(
    inbox: &Inbox,
    message: &Dispatch,
    target: &Target,
    clock: Clock,
) -> Result<Next, StoreError> {
    let now = clock();
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
        Put::Stored => {
            if clock().0 - now.0 > SLOW_MILLIS {
                not_born_read(inbox, message, &notification, clock()).await?;
            }
            Ok(Next::Post)
        }
        // A redelivery: whether the first attempt got as far as the post cannot be known, and clients drop
        // doubles by id. What the user has read or archived meanwhile needs no post.
        Put::Already(stored) if stored.read_at.is_none() && stored.archived_at.is_none() => Ok(Next::Post),
        Put::Already(_) | Put::Gone => Ok(Next::Done),
    }
}

/// Gives it a new key after the read-all mark, if that came to lie behind it.
async fn not_born_read(
    inbox: &Inbox,
    message: &Dispatch,
    notification: &Notification,
    now: Millis,
) -> Result<(), StoreError> {
    let scope = Scope { tenant: message.tenant.clone(), user: notification.id.user.clone(), account: None };
    let marks = inbox.marks(&scope).await?;
    if notification.is_read(&marks) {
        inbox.mark_unread(&scope, &notification.id, &marks, now).await?;
    }
    Ok(())
}
