//! Fall-forward: the push of a type that wants it only for those who are offline.

use std::collections::BTreeMap;

use carillon_domain::{
    Address, Channel, Content, Decision, Delivery, DeliveryState, Millis, NotificationId, Reason, Target,
    TenantId, Ulid,
};
use carillon_queue::{
    Addressee, Deliver, DeliveryMessage, FallForward, Group, Outgoing, RecordError, Trace, pack_recipients,
};
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
    let messages = packed(forwards);
    let outgoing: Result<Vec<Outgoing>, _> =
        messages.iter().map(|message| Outgoing::new(message, 0)).collect();
    let outgoing = outgoing.map_err(|error| RecordError::Failed(error.to_string()))?;
    match sender.push.send_all(&outgoing).await.into_iter().next() {
        None => Ok(()),
        Some((_, error)) => Err(RecordError::Failed(error.to_string())),
    }
}

/// A content, and whom it goes to.
type Same = (Content, Vec<Addressee>);

/// In as few messages as fit: one content each.
fn packed(forwards: Vec<Forward>) -> Vec<DeliveryMessage> {
    let mut alike: BTreeMap<(TenantId, Ulid), Vec<Same>> = BTreeMap::new();
    for Forward { group, target, to } in forwards {
        let (user, account, address) = (target.user, target.account, Address::Devices(to.devices));
        let addressee = Addressee { user, account, address, locale: to.locale, reached: 0, refused: None };
        let content = group.content.pushed(group.wording.as_ref());
        let same = alike.entry((group.tenant, group.ulid)).or_default();
        match same.iter_mut().find(|(known, _)| *known == content) {
            Some((_, addressees)) => addressees.push(addressee),
            None => same.push((content, vec![addressee])),
        }
    }
    let mut messages = Vec::new();
    let alike = alike.into_iter().flat_map(|(key, same)| same.into_iter().map(move |one| (key.clone(), one)));
    for ((tenant, ulid), (content, addressees)) in alike {
        messages.extend(pack_recipients(addressees, |addressee| addressee).into_iter().map(|recipients| {
            let (tenant, content) = (tenant.clone(), content.clone());
            // As old as the notification: done again, it must not pass for newer than what a sender left for later.
            let trace = Trace::starting(Millis::of(ulid));
            let channel = Channel::Push;
            DeliveryMessage::V1(Box::new(Deliver { tenant, ulid, channel, content, recipients, trace }))
        }));
    }
    messages
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

#[cfg(test)]
mod tests {
    use carillon_domain::UserId;
    use serde_json::json;

    use super::*;

    fn forward(tenant: &str, ulid: u128, user: usize, token_bytes: usize) -> Forward {
        let ulid = Ulid::from(ulid);
        let group = json!({
            "tenant": tenant, "ulid": ulid, "recipients": [],
            "content": {"type": "t", "category": "system", "priority": "low", "title": ulid.to_string(), "expires_at": 0},
        });
        let device =
            json!({"token": "t".repeat(token_bytes), "platform": "ios", "created_at": 0, "last_used_at": 0});
        let user = UserId::parse(&format!("u{user}")).unwrap();
        Forward {
            group: serde_json::from_value(group).unwrap(),
            target: Target { user, account: None, org: None, email: None, phone: None },
            to: serde_json::from_value(json!({"devices": [device], "locale": "de"})).unwrap(),
        }
    }

    #[test]
    fn those_of_one_notification_share_messages_and_no_others() {
        let mut all: Vec<Forward> = (0..60).map(|user| forward("acme", 1, user, 10)).collect();
        all.push(forward("acme", 2, 0, 10));
        let mut translated = forward("acme", 2, 1, 10);
        translated.group.content.body = String::from("other");
        all.push(translated);
        let mut shorter = forward("acme", 4, 0, 10);
        shorter.group.wording =
            serde_json::from_value(json!({"push_title": Ulid::from(4_u128), "push_body": "short"})).unwrap();
        shorter.group.content.title = String::from("long");
        all.push(shorter);
        all.push(forward("other", 1, 0, 10));
        all.extend((0..3).map(|user| forward("other", 3, user, 10_000)));
        let messages = packed(all);
        let shapes: Vec<_> = messages
            .iter()
            .map(|message| {
                let DeliveryMessage::V1(one) = message else { panic!() };
                assert_eq!(one.content.title, one.ulid.to_string());
                assert_eq!((one.trace.enqueued_at, one.trace.attempt), (Millis::of(one.ulid), 0));
                assert!(one.recipients.iter().all(|one| one.locale.as_deref() == Some("de")));
                (one.tenant.as_str(), u128::from(one.ulid), one.recipients.len())
            })
            .collect();
        let expected = [
            ("acme", 1, 25),
            ("acme", 1, 25),
            ("acme", 1, 10),
            ("acme", 2, 1),
            ("acme", 2, 1),
            ("acme", 4, 1),
            ("other", 1, 1),
            ("other", 3, 2),
            ("other", 3, 1),
        ];
        assert_eq!(shapes, expected);
        assert!(packed(Vec::new()).is_empty());
    }
}
