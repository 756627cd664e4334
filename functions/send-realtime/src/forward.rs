//! Fall-forward: the push of a type that wants it only for those who are offline.

use carillon_domain::{Address, Channel, Decision, Delivery, DeliveryState, NotificationId, Reason, Target};
use carillon_queue::{Addressee, Deliver, DeliveryMessage, FallForward, Group, Outgoing, RecordError, Trace};
use carillon_store::Step;

use crate::batch::Sender;

/// Somebody whom no connection reached, and their devices.
pub(crate) struct Forward {
    pub(crate) group: Group,
    pub(crate) target: Target,
    pub(crate) to: FallForward,
}

/// Hands them to the push sender. Sent again, its claim on the row drops the double.
pub(crate) async fn send(sender: &Sender, forwards: Vec<Forward>) -> Result<(), RecordError> {
    let trace = Trace::starting((sender.clock)());
    let message = |Forward { group, target, to }: Forward| {
        let (user, account, address) = (target.user, target.account, Address::Devices(to.devices));
        let deliver = Deliver {
            tenant: group.tenant,
            ulid: group.ulid,
            channel: Channel::Push,
            content: group.content,
            recipients: vec![Addressee { user, account, address, locale: to.locale, reached: 0 }],
            trace: trace.clone(),
        };
        Outgoing::new(&DeliveryMessage::V1(Box::new(deliver)), 0)
    };
    let outgoing: Result<Vec<Outgoing>, _> = forwards.into_iter().map(message).collect();
    let outgoing = outgoing.map_err(|error| RecordError::Failed(error.to_string()))?;
    match sender.push.send_all(&outgoing).await.into_iter().next() {
        None => Ok(()),
        Some((_, error)) => Err(RecordError::Failed(error.to_string())),
    }
}

/// A connection took it: push is not needed.
pub(crate) async fn online(sender: &Sender, group: &Group, target: &Target) {
    skip(sender, group, target, Reason::Online).await;
}

/// The user has read it already.
pub(crate) async fn dealt_with(sender: &Sender, group: &Group, target: &Target) {
    skip(sender, group, target, Reason::AlreadyRead).await;
}

/// Notes why push did not go out. Should that fail, push stays pending in the trace and does not go out all the same:
/// posting again to tell so would cost more than it is worth.
async fn skip(sender: &Sender, group: &Group, target: &Target, reason: Reason) {
    let id = NotificationId { ulid: group.ulid, user: target.user.clone() };
    let to = Delivery::of(Channel::Push, Decision::Skip(reason), (sender.clock)());
    let step = Step { channel: Channel::Push, expect: (DeliveryState::Pending, None), to };
    if let Err(error) = sender.inbox.advance(&group.tenant, &id, &[step]).await {
        tracing::warn!(ulid = %group.ulid, code = error.code(), %error, "the outcome of push could not be noted");
    }
}
