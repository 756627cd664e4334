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
use crate::test_support::{Secrets, World};
use crate::web_push::tests::{PUBLIC as VAPID_PUBLIC, browser as subscribed, secret as vapid_secret};
use crate::web_push::{Secret, WebPush};

/// A sender and its world.
pub(crate) struct Pushing {
    pub(crate) world: World,
    pub(crate) dynamo: LocalDynamo,
    pub(crate) sender: Sender,
    vapid: Secrets,
}

fn sender(world: &World, vapid: &Secrets, public: &str, recipients: Recipients) -> Sender {
    let secret = Secret::new(vapid.client(), String::from("vapid"), public.to_owned());
    let web_push = WebPush::new(world.egress(), secret);
    Sender::new(world.fcm(), web_push, recipients, carillon_runtime::now)
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
    Addressee {
        user,
        account: None,
        address: Address::Devices(devices),
        locale: None,
        reached: 0,
        refused: None,
    }
}

fn content() -> Content {
    let content = json!({
        "type": "t", "category": "system", "priority": "normal", "title": "T", "expires_at": 32_503_680_000_000_i64,
    });
    serde_json::from_value(content).unwrap()
}

impl Pushing {
    pub(crate) async fn new() -> Self {
        // Without a public key Web Push is not set up.
        Self::by(World::new().await, Secrets::start().await, "").await
    }

    /// With Web Push.
    pub(crate) async fn with_browsers() -> Self {
        let vapid = Secrets::start().await;
        vapid.says(json!({"Name": "vapid", "SecretString": vapid_secret()})).await;
        Self::by(World::new().await, vapid, VAPID_PUBLIC).await
    }

    async fn by(world: World, vapid: Secrets, public: &str) -> Self {
        let dynamo = LocalDynamo::start().await.unwrap();
        let recipients = Recipients::new(dynamo.client(), dynamo.table("Recipients"));
        let sender = sender(&world, &vapid, public, recipients);
        Self { world, dynamo, sender, vapid }
    }

    /// With another table.
    pub(crate) fn with_table(self, name: &str) -> Self {
        let recipients = Recipients::new(self.dynamo.client(), name.to_owned());
        let sender = sender(&self.world, &self.vapid, "", recipients);
        Self { sender, ..self }
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
        self.attempt(addressee, 0, deadline).await
    }

    /// Again.
    pub(crate) async fn retry(&self, addressee: &Addressee) -> Outcome {
        self.attempt(addressee, 1, Millis(i64::MAX)).await
    }

    async fn attempt(&self, addressee: &Addressee, attempt: u32, deadline: Millis) -> Outcome {
        let message = json!({
            "tenant": "acme", "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "channel": "push", "content": content(),
            "recipients": [], "trace": {"enqueued_at": 0, "attempt": attempt},
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

    /// A browser that the stand-in knows by this name.
    pub(crate) fn subscription(&self, name: &str) -> Device {
        subscribed(&format!("{}/web-push/{name}", self.world.sinks.url()))
    }

    /// How many requests a token got.
    pub(crate) async fn requests(&self, token: &str) -> usize {
        let came = self.world.came(Sink::Fcm).await;
        came.iter().filter(|seen| seen.json()["message"]["token"] == token).count()
    }
}
