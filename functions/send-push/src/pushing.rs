//! For tests: a sender, Google's stand-in and a DynamoDB.

use std::collections::BTreeSet;

use carillon_domain::{
    Address, Content, Deliveries, Device, DeviceAddress, Millis, Notification, Platform, Target, TenantId,
    UserId,
};
use carillon_fakes::Sink;
use carillon_queue::{Addressee, Deliver};
use carillon_sender::{Outcome, Provider as _, Sending};
use carillon_store::{Recipients, Scope};
use carillon_testkit::LocalDynamo;
use serde_json::json;

use crate::sender::Sender;
use crate::test_support::World;
use crate::web_push::{Secret, WebPush};

/// A sender and its world.
pub(crate) struct Pushing {
    pub(crate) world: World,
    pub(crate) dynamo: LocalDynamo,
    pub(crate) sender: Sender,
}

pub(crate) fn scope(user: &str) -> Scope {
    Scope { tenant: TenantId::parse("acme").unwrap(), user: UserId::parse(user).unwrap(), account: None }
}

pub(crate) fn device(token: &str, last_used_at: Millis) -> Device {
    let address = DeviceAddress::Fcm { token: token.to_owned() };
    let (platform, created_at) = (Platform::Android, Millis(0));
    let (device_id, app_version, locale, account) = (None, None, None, None);
    Device { address, platform, device_id, app_version, locale, account, created_at, last_used_at }
}

pub(crate) fn browser() -> Device {
    let address = DeviceAddress::WebPush {
        endpoint: "https://push.example.com/x".into(),
        p256dh: String::new(),
        auth: String::new(),
    };
    Device { address, platform: Platform::Web, ..device("", Millis(0)) }
}

pub(crate) fn addressee(user: &str, devices: Vec<Device>) -> Addressee {
    let user = UserId::parse(user).unwrap();
    Addressee { user, account: None, address: Address::Devices(devices), locale: None, reached: 0 }
}

fn content() -> Content {
    let content = json!({
        "type": "t", "category": "system", "priority": "normal", "title": "T", "expires_at": 32_503_680_000_000_i64,
    });
    serde_json::from_value(content).unwrap()
}

impl Pushing {
    pub(crate) async fn new() -> Self {
        let (world, dynamo) = (World::new().await, LocalDynamo::start().await.unwrap());
        let recipients = Recipients::new(dynamo.client(), dynamo.table("Recipients"));
        // Without a public key Web Push is not set up.
        let secret = Secret::new(world.secrets.client(), String::new(), String::new());
        let web_push = WebPush::new(world.egress(), secret);
        let sender = Sender::new(world.fcm(), web_push, recipients, carillon_runtime::now);
        Self { world, dynamo, sender }
    }

    pub(crate) fn recipients(&self) -> Recipients {
        Recipients::new(self.dynamo.client(), self.dynamo.table("Recipients"))
    }

    /// Registers devices with these tokens, at a time.
    pub(crate) async fn registered(&self, user: &str, tokens: &[String], at: Millis) -> Vec<Device> {
        for token in tokens {
            self.recipients().register(&scope(user), &device(token, at), at).await.unwrap();
        }
        tokens.iter().map(|token| device(token, at)).collect()
    }

    pub(crate) async fn tokens(&self, user: &str) -> BTreeSet<String> {
        let devices = self.recipients().devices(&scope(user), carillon_runtime::now()).await.unwrap();
        devices.into_iter().map(|(_, device)| device.address.identity().to_owned()).collect()
    }

    pub(crate) async fn send_by(&self, addressee: &Addressee, deadline: Millis) -> Outcome {
        let message = json!({
            "tenant": "acme", "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "channel": "push", "content": content(),
            "recipients": [], "trace": {"enqueued_at": 0},
        });
        let message: Deliver = serde_json::from_value(message).unwrap();
        let (user, account) = (addressee.user.clone(), None);
        let target = Target { user, account, org: None, email: None, phone: None };
        let stored = Notification::new(message.ulid, &target, content(), "p".into(), Deliveries::new());
        let now = carillon_runtime::now();
        self.sender.send(&Sending { message: &message, addressee, stored: &stored, now, deadline }).await
    }

    pub(crate) async fn send(&self, addressee: &Addressee) -> Outcome {
        self.send_by(addressee, Millis(i64::MAX)).await
    }

    /// How many requests a token got.
    pub(crate) async fn requests(&self, token: &str) -> usize {
        let came = self.world.came(Sink::Fcm).await;
        came.iter().filter(|seen| seen.json()["message"]["token"] == token).count()
    }
}
