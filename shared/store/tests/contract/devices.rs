use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Channel, Device, DeviceAddress, Millis, Platform};
use carillon_store::{DeviceRef, Recipients, Scope};
use futures::StreamExt as _;
use sha2::{Digest, Sha256};

use crate::recipients::recipients;
use crate::support::{Fixture, T0, fixture, tenant, user};

pub(crate) fn device(token: &str) -> Device {
    Device {
        address: DeviceAddress::Fcm { token: token.into() },
        platform: Platform::Android,
        device_id: Some(format!("phone-{token}")),
        app_version: Some("1.2".into()),
        locale: None,
        account: None,
        created_at: Millis(0),
        last_used_at: Millis(0),
    }
}

pub(crate) fn hash(token: &str) -> String {
    format!("{:x}", Sha256::digest(token))
}

/// Who a token of the fixture's tenant reaches.
pub(crate) async fn owner(f: &Fixture, hash: &str) -> Option<String> {
    let got = f
        .target
        .client()
        .get_item()
        .table_name(f.target.table("Recipients"))
        .key("pk", AttributeValue::S(format!("token#{}#{hash}", f.ann.tenant)))
        .key("sk", AttributeValue::S("owner".into()))
        .consistent_read(true);
    let row = got.send().await.unwrap().item?;
    row.get("user").map(|user| user.as_s().unwrap().clone())
}

/// As an app does: what is refused for now is tried again.
async fn register(r: &Recipients, scope: &Scope, token: &str, now: Millis) {
    while let Err(error) = r.register(scope, &device(token), now).await {
        assert!(error.retryable(), "{error}");
    }
}

async fn tokens(r: &Recipients, scope: &Scope) -> Vec<String> {
    let devices = r.devices(scope, T0).await.unwrap();
    devices.into_iter().map(|(_, device)| device.address.identity().to_owned()).collect()
}

#[tokio::test]
async fn registering_again_updates_and_keeps_when_it_began() {
    let f = fixture().await;
    let r = recipients(&f);
    assert_eq!(r.register(&f.ann, &device("a"), T0).await.unwrap(), (hash("a"), true));
    r.register(&f.ann, &device("b"), T0.plus_seconds(1)).await.unwrap();
    assert_eq!(tokens(&r, &f.ann).await, ["b", "a"]);
    let later = T0.plus_seconds(60);
    let changed = Device { device_id: None, locale: Some("fr".into()), ..device("a") };
    f.target.calls().reset();
    assert_eq!(r.register(&f.ann, &changed, later).await.unwrap(), (hash("a"), false));
    assert_eq!(f.target.calls().total(), 1, "an app does this at every start");
    let (named, stored) = r.devices(&f.ann, T0).await.unwrap().remove(0);
    assert_eq!((named, stored), (hash("a"), Device { created_at: T0, last_used_at: later, ..changed }));
}

#[tokio::test]
async fn a_browser_is_a_device_too() {
    let f = fixture().await;
    let r = recipients(&f);
    let endpoint = format!("https://push.example.com/{}", "x".repeat(1_500));
    let address = |auth: &str| DeviceAddress::WebPush {
        endpoint: endpoint.clone(),
        p256dh: "key".into(),
        auth: auth.into(),
    };
    let browser = |auth| Device { address: address(auth), platform: Platform::Web, ..device("") };
    assert!(r.register(&f.ann, &browser("one"), T0).await.unwrap().1);
    assert!(!r.register(&f.ann, &browser("two"), T0).await.unwrap().1);
    let facts = r.facts(&f.ann.tenant, &f.ann.user, None, T0).await.unwrap();
    assert_eq!(facts.devices, [Device { created_at: T0, last_used_at: T0, ..browser("two") }]);
    assert_eq!(r.unregister(&f.ann, DeviceRef::Identity(&endpoint)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_token_moves_with_whoever_registers_it_within_a_tenant() {
    let f = fixture().await;
    let r = recipients(&f);
    let bob = Scope { user: user("bob"), ..f.ann.clone() };
    let elsewhere = Scope { tenant: tenant(), ..f.ann.clone() };
    r.register(&elsewhere, &device("a"), T0).await.unwrap();
    for scope in [&f.ann, &bob, &f.ann] {
        assert!(r.register(scope, &device("a"), T0).await.unwrap().1);
    }
    assert_eq!((tokens(&r, &f.ann).await.len(), tokens(&r, &bob).await.len()), (1, 0));
    assert_eq!(owner(&f, &hash("a")).await.as_deref(), Some("ann"));
    assert_eq!(tokens(&r, &elsewhere).await, ["a"]);
    // Bob's app, which does not know yet, takes nothing from ann.
    assert_eq!(r.unregister(&bob, DeviceRef::Identity("a")).await.unwrap(), 0);
    assert_eq!(owner(&f, &hash("a")).await.as_deref(), Some("ann"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_register_one_token_at_once_one_owns_it_and_has_the_device() {
    let f = fixture().await;
    let r = recipients(&f);
    let scopes = ["ann", "bob", "eve"].map(|name| Scope { user: user(name), ..f.ann.clone() });
    let [ann, bob, eve] = &scopes;
    // Of some, nobody is the owner before; of others, somebody else is.
    for token in ["e1", "e2", "e3", "e4", "e5", "e6"] {
        register(&r, eve, token, T0).await;
    }
    for token in ["a", "b", "c", "e1", "e2", "e3", "e4", "e5", "e6"] {
        futures::future::join_all([ann, bob].map(|scope| register(&r, scope, token, T0))).await;
    }
    let mut all = 0;
    for scope in &scopes {
        for token in tokens(&r, scope).await {
            assert_eq!(owner(&f, &hash(&token)).await.as_deref(), Some(scope.user.as_str()));
            all += 1;
        }
    }
    assert_eq!(all, 9);
}

#[tokio::test]
async fn a_device_goes_by_its_token_its_hash_or_the_apps_name() {
    let f = fixture().await;
    let r = recipients(&f);
    for token in ["a", "b", "c", "d"] {
        r.register(&f.ann, &device(token), T0).await.unwrap();
    }
    let same = Device { device_id: Some("phone-c".into()), ..device("e") };
    r.register(&f.ann, &same, T0).await.unwrap();
    assert_eq!(r.unregister(&f.ann, DeviceRef::Identity("a")).await.unwrap(), 1);
    assert_eq!(r.unregister(&f.ann, DeviceRef::Hash(&hash("b"))).await.unwrap(), 1);
    assert_eq!(r.unregister(&f.ann, DeviceRef::DeviceId("phone-c")).await.unwrap(), 2);
    for unknown in [DeviceRef::Identity("a"), DeviceRef::Hash("b"), DeviceRef::DeviceId("c")] {
        assert_eq!(r.unregister(&f.ann, unknown).await.unwrap(), 0);
    }
    assert_eq!(tokens(&r, &f.ann).await, ["d"]);
    assert_eq!((owner(&f, &hash("a")).await, owner(&f, &hash("e")).await), (None, None));
    assert!(r.register(&f.ann, &device("a"), T0).await.unwrap().1);
}

#[tokio::test]
async fn the_51st_device_takes_the_place_of_the_least_recently_used() {
    let f = fixture().await;
    let r = recipients(&f);
    for i in 0..50 {
        r.register(&f.ann, &device(&format!("d{i}")), T0.plus_seconds(i)).await.unwrap();
    }
    let later = T0.plus_seconds(100);
    assert!(!r.register(&f.ann, &device("d0"), later).await.unwrap().1, "used again");
    assert!(r.register(&f.ann, &device("new"), later).await.unwrap().1);
    let left = tokens(&r, &f.ann).await;
    assert_eq!(left.len(), 50);
    assert!(left.contains(&"d0".into()) && left.contains(&"new".into()) && !left.contains(&"d1".into()));
    assert_eq!(owner(&f, &hash("d1")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_never_more_than_50_however_many_come_at_once() {
    let f = fixture().await;
    let r = recipients(&f);
    let names: Vec<String> = (0..100).map(|i| format!("d{}", i % 60)).collect();
    let all = names.iter().map(|token| register(&r, &f.ann, token, T0));
    futures::stream::iter(all).buffer_unordered(100).collect::<Vec<()>>().await;
    let left = tokens(&r, &f.ann).await;
    assert_eq!(left.len(), 50);
    let mut owned = 0;
    for i in 0..60 {
        owned += usize::from(owner(&f, &hash(&format!("d{i}"))).await.is_some());
    }
    assert_eq!(owned, 50, "an owner row for each device, and none besides");
}

#[tokio::test]
async fn what_an_account_registers_is_that_accounts() {
    let f = fixture().await;
    let r = recipients(&f);
    let work = Scope { account: Some(carillon_domain::AccountId::parse("work").unwrap()), ..f.ann.clone() };
    register(&r, &work, "of work", T0).await;
    register(&r, &f.ann, "of all", T0).await;
    let reached = async |account: Option<&str>| {
        let account = account.map(|account| carillon_domain::AccountId::parse(account).unwrap());
        r.facts(&f.ann.tenant, &f.ann.user, account.as_ref(), T0).await.unwrap().devices.len()
    };
    assert_eq!((reached(None).await, reached(Some("home")).await, reached(Some("work")).await), (1, 1, 2));
    assert_eq!(tokens(&r, &work).await, ["of work"]);
    assert_eq!(r.unregister(&work, DeviceRef::Identity("of all")).await.unwrap(), 0);
    assert_eq!(tokens(&r, &f.ann).await.len(), 2);

    let filter = |enabled| carillon_domain::Subscription {
        enabled,
        ..carillon_domain::Subscription::unset(Channel::Push)
    };
    r.put_subscription(&f.ann, Channel::Push, &filter(true)).await.unwrap();
    r.put_subscription(&work, Channel::Push, &filter(false)).await.unwrap();
    assert!(r.subscription(&f.ann, Channel::Push).await.unwrap().unwrap().enabled);
    let facts = r.facts(&f.ann.tenant, &f.ann.user, work.account.as_ref(), T0).await.unwrap();
    assert!(!facts.subscriptions[&Channel::Push].enabled, "the account's stands for the user's");
}
