//! A whole invocation, against tables as the template has them.

use aws_lambda_events::event::sqs::SqsEvent;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{
    Channel, Decision, Deliveries, Delivery, DeliveryState, Millis, Notification, NotificationId, Reason,
    SuppressedFor, Target, TenantId, mint,
};
use carillon_store::{Inbox, Row, Scope, Suppressions};
use carillon_testkit::{LocalDynamo, dynamodb};
use serde_json::{Value, json};

use super::hear::{Listener, work};

/// When the samples' events were, more or less.
const SENT_AT: Millis = Millis(1_500_000_000_000);

struct Room {
    dynamodb: LocalDynamo,
    listener: Listener,
    ann: Scope,
}

async fn room() -> Room {
    let dynamodb = dynamodb().await.unwrap();
    let listener = Listener {
        inbox: Inbox::new(dynamodb.client(), dynamodb.table("Inbox")),
        suppressions: Suppressions::new(dynamodb.client(), dynamodb.table("Catalog")),
        clock: || SENT_AT.plus_seconds(400_000_000),
    };
    let ann = Scope { tenant: "acme".parse().unwrap(), user: "ann".parse().unwrap(), account: None };
    Room { dynamodb, listener, ann }
}

impl Room {
    /// An email of ann's that its sender has claimed and not noted yet.
    async fn sending(&self) -> NotificationId {
        let content = json!({"type": "app_update", "category": "system", "priority": "normal", "title": "Hello",
            "expires_at": SENT_AT.plus_seconds(60).0});
        let email = Delivery {
            state: DeliveryState::Sending,
            attempts: 1,
            until: Some(SENT_AT.plus_seconds(30)),
            ..Delivery::of(Channel::Email, Decision::Send, SENT_AT)
        };
        let target =
            Target { user: self.ann.user.clone(), account: None, org: None, email: None, phone: None };
        let content = serde_json::from_value(content).unwrap();
        let deliveries = Deliveries::from([(Channel::Email, email)]);
        let one = Notification::new(mint(SENT_AT), &target, content, "shop".into(), deliveries);
        self.listener.inbox.put(&self.ann.tenant, &one).await.unwrap();
        one.id
    }

    async fn email(&self, id: &NotificationId) -> Delivery {
        match self.listener.inbox.get(&self.ann, id).await.unwrap() {
            Some(Row::Live(live)) => live.deliveries[&Channel::Email].clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The records that came back.
    async fn hear(&self, bodies: impl IntoIterator<Item = String>) -> Vec<String> {
        let records = bodies
            .into_iter()
            .enumerate()
            .map(|(index, body)| json!({"messageId": format!("m{index}"), "body": body, "attributes": {}}));
        let records: Vec<Value> = records.collect();
        let event: SqsEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        let response = work(&self.listener, event).await;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    async fn suppressed(&self, tenant: &TenantId) -> Vec<(Option<String>, SuppressedFor)> {
        let page = self.listener.suppressions.list(tenant, None, None, 100).await.unwrap();
        page.items.into_iter().map(|one| (one.address, one.reason)).collect()
    }
}

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../events/ses-", $name, ".json"))
    };
}

/// A sample, of this notification of this tenant.
fn of(sample: &str, tenant: &TenantId, id: &NotificationId) -> String {
    let mut event: Value = serde_json::from_str(sample).unwrap();
    event["mail"]["tags"]["tenant"] = json!([URL_SAFE_NO_PAD.encode(tenant.as_str())]);
    event["mail"]["tags"]["notification"] = json!([id.to_string()]);
    event.to_string()
}

#[tokio::test]
async fn the_events_of_a_mail_move_its_delivery_in_whatever_order_they_come() {
    let room = room().await;
    let id = room.sending().await;
    let mine = |sample: &str| of(sample, &room.ann.tenant, &id);
    assert!(room.hear([mine(sample!("delivery-delay"))]).await.is_empty());
    let delayed = room.email(&id).await;
    assert_eq!(delayed.state, DeliveryState::Sent, "its sender never said so");
    assert_eq!(delayed.detail.as_deref(), Some("TransientCommunicationFailure"));
    assert!(delayed.provider_id.unwrap().starts_with("EXAMPLE7c191be45"));
    assert!(
        room.hear([mine(sample!("open")), mine(sample!("delivery")), mine(sample!("send"))]).await.is_empty()
    );
    let opened = room.email(&id).await;
    assert_eq!((opened.state, opened.reason, opened.attempts), (DeliveryState::Opened, None, 1));
    assert_eq!(Some(opened.at), Millis::parse("2017-08-09T22:00:19.652Z"));
    assert!(room.suppressed(&room.ann.tenant).await.is_empty());
}

#[tokio::test]
async fn a_complaint_before_the_delivery_event_stays_and_suppresses_once() {
    let room = room().await;
    let id = room.sending().await;
    let mine = |sample: &str| of(sample, &room.ann.tenant, &id);
    for sample in [sample!("complaint"), sample!("delivery"), sample!("complaint"), sample!("send")] {
        assert!(room.hear([mine(sample)]).await.is_empty());
    }
    let email = room.email(&id).await;
    assert_eq!((email.state, email.reason), (DeliveryState::Delivered, Some(Reason::Complaint)));
    let address = Some(String::from("recipient@example.com"));
    assert_eq!(room.suppressed(&room.ann.tenant).await, [(address, SuppressedFor::Complaint)]);
    assert!(room.suppressed(&"other".parse().unwrap()).await.is_empty());
}

/// The mail was forwarded, or its server wants another's address to be suppressed.
#[tokio::test]
async fn only_the_address_that_was_sent_to_is_suppressed() {
    let room = room().await;
    for sample in [sample!("bounce"), sample!("complaint")] {
        let id = room.sending().await;
        let event = of(sample, &room.ann.tenant, &id);
        let mut event: Value = serde_json::from_str(&event).unwrap();
        for list in ["/bounce/bouncedRecipients/0", "/complaint/complainedRecipients/0"] {
            if let Some(whom) = event.pointer_mut(list) {
                whom["emailAddress"] = json!("victim@example.com");
            }
        }
        assert!(event.to_string().contains("victim"));
        assert!(room.hear([event.to_string()]).await.is_empty());
    }
    let suppressed = room.suppressed(&room.ann.tenant).await;
    assert!(suppressed.iter().all(|(address, _)| address.as_deref() == Some("recipient@example.com")));
    assert_eq!(suppressed.len(), 1);
}

#[tokio::test]
async fn a_bounce_suppresses_for_the_tenant_and_a_soft_one_does_not() {
    let room = room().await;
    let (hard, soft) = (room.sending().await, room.sending().await);
    let failed = room
        .hear([
            of(sample!("bounce-transient"), &room.ann.tenant, &soft),
            of(sample!("bounce"), &room.ann.tenant, &hard),
            of(sample!("reject"), &room.ann.tenant, &soft),
        ])
        .await;
    assert!(failed.is_empty());
    let bounced = room.email(&hard).await;
    assert_eq!((bounced.state, bounced.reason), (DeliveryState::Bounced, Some(Reason::HardBounce)));
    assert_eq!(bounced.detail.as_deref(), Some("General 5.1.1"));
    let found = room.listener.suppressions.find(&room.ann.tenant, Channel::Email, "Recipient@example.com");
    let found = found.await.unwrap().unwrap();
    assert_eq!((found.notification_id, found.reason), (Some(hard), SuppressedFor::HardBounce));
    assert_eq!(room.suppressed(&room.ann.tenant).await.len(), 1);
}

#[tokio::test]
async fn what_is_unknown_makes_no_row_and_what_is_erased_gets_no_name() {
    let room = room().await;
    let id = NotificationId { ulid: mint(SENT_AT), user: room.ann.user.clone() };
    let stranger: TenantId = "other".parse().unwrap();
    let all =
        [sample!("send"), sample!("delivery"), sample!("click"), sample!("bounce"), sample!("complaint")];
    for tenant in [&room.ann.tenant, &stranger] {
        assert!(room.hear(all.map(|sample| of(sample, tenant, &id))).await.is_empty());
        assert_eq!(room.suppressed(tenant).await.len(), 1, "nobody writes there again");
        assert_eq!(room.suppressed(tenant).await[0].0, None, "but whose it was is not kept");
    }
    assert_eq!(room.listener.inbox.get(&room.ann, &id).await.unwrap(), None);
}

#[tokio::test]
async fn poison_comes_back_alone() {
    let room = room().await;
    let id = room.sending().await;
    let mine = of(sample!("delivery"), &room.ann.tenant, &id);
    let mut foreign: Value = serde_json::from_str(sample!("bounce")).unwrap();
    foreign["mail"]["tags"] = json!({"ses:configuration-set": ["theirs"]});
    let validated = "Successfully validated SNS topic for Amazon SES event publishing.\n";
    let bodies = [
        "{",
        "[]",
        "null",
        r#"{"eventType":"Send"}"#,
        r#"{"mail":{"messageId":"m"}}"#,
        validated,
        &foreign.to_string(),
        sample!("rendering-failure"),
        &mine,
    ];
    let failed = room.hear(bodies.map(str::to_owned)).await;
    assert_eq!(failed, ["m0", "m1", "m2", "m3", "m4"]);
    assert_eq!(room.email(&id).await.state, DeliveryState::Delivered);
    assert!(room.suppressed(&room.ann.tenant).await.is_empty(), "another application's bounce is not ours");
}

#[tokio::test]
async fn what_cannot_be_written_comes_back() {
    let mut room = room().await;
    let id = room.sending().await;
    room.listener.suppressions = Suppressions::new(room.dynamodb.client(), String::from("nowhere"));
    let mine = |sample: &str| of(sample, &room.ann.tenant, &id);
    assert_eq!(room.hear([mine(sample!("delivery")), mine(sample!("bounce"))]).await, ["m1"]);
    room.listener.suppressions = Suppressions::new(room.dynamodb.client(), room.dynamodb.table("Catalog"));
    assert!(room.hear([mine(sample!("bounce"))]).await.is_empty());
    assert_eq!(room.suppressed(&room.ann.tenant).await.len(), 1, "though the delivery had moved before");
}
