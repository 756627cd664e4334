use std::collections::BTreeSet;

use carillon_domain::{Device, GoneDevice, Millis, UserId};
use carillon_store::{DeviceRef, Recipients, Told, Until};

use crate::support::{Fixture, T0, fixture, user};

const LONG: Until = Until { at: Millis(T0.0 + 1), clock: || T0 };
const OVER: Until = Until { at: T0, clock: || T0 };

fn recipients(f: &Fixture) -> Recipients {
    Recipients::new(f.target.client(), f.target.table("Recipients"))
}

fn names(topics: &[&str]) -> BTreeSet<String> {
    topics.iter().map(|topic| (*topic).to_owned()).collect()
}

fn device(token: &str, account: Option<&str>) -> Device {
    let device = serde_json::json!({
        "token": token, "platform": "ios", "created_at": 0, "last_used_at": 0, "account": account,
    });
    serde_json::from_value(device).unwrap()
}

#[tokio::test]
async fn users_join_and_leave_however_many_they_are() {
    let f = fixture().await;
    let (store, tenant) = (recipients(&f), &f.ann.tenant);
    let crowd: BTreeSet<UserId> = (0..60).map(|n| user(&format!("u{n}"))).chain([user("ann")]).collect();
    let set = async |topic: &str, member, until| {
        store.set_topic(tenant, topic, &crowd, member, until, T0).await.unwrap()
    };
    assert!(!set("news", true, OVER).await);
    assert!(set("news", true, LONG).await && set("news", true, LONG).await && set("~", true, LONG).await);
    assert_eq!(store.topics(&f.ann).await.unwrap(), names(&["news", "~"]));
    let facts = store.facts(tenant, &f.ann.user, None, T0).await.unwrap();
    assert_eq!(facts, carillon_domain::Recipient::default(), "a decision does not see them");
    assert_eq!(store.membership(tenant, &f.ann.user, T0).await.unwrap().topics, names(&["news", "~"]));
    assert!(set("news", false, LONG).await && set("news", false, LONG).await);
    for one in &crowd {
        assert_eq!(store.membership(tenant, one, T0).await.unwrap().topics, names(&["~"]));
    }
    let export = store.export(tenant, &f.ann.user).await.unwrap();
    assert!(export["other"].get("topic#~").is_some());
    store.erase(tenant, &f.ann.user, T0).await.unwrap();
    assert!(store.topics(&f.ann).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_keeps_what_fcm_was_told_until_it_goes() {
    let f = fixture().await;
    let (store, tenant, ann) = (recipients(&f), &f.ann.tenant, &f.ann.user);
    let (hash, _) = store.register(&f.ann, &device("t", None), T0).await.unwrap();
    let told = async |topics: &[&str], told| {
        store.told_topics(tenant, ann, &hash, &names(topics), told).await.unwrap()
    };
    assert!(told(&["a", "b"], Told::Joining).await && told(&["a"], Told::In).await);
    // The app starts again.
    store.register(&f.ann, &device("t", None), T0.plus_seconds(5)).await.unwrap();
    let devices = store.membership(tenant, ann, T0).await.unwrap().devices;
    assert_eq!((devices[0].told.clone(), devices[0].unsure.clone()), (names(&["a"]), names(&["b"])));
    assert_eq!(devices[0].token, "t");
    assert!(told(&["b"], Told::Out).await);
    assert!(!store.told_topics(tenant, &user("bob"), &hash, &names(&["a"]), Told::In).await.unwrap());

    // Another user's by now: what it is in is in doubt.
    let bob = carillon_store::Scope { user: user("bob"), ..f.ann.clone() };
    store.register(&bob, &device("t", None), T0).await.unwrap();
    let devices = store.membership(tenant, &bob.user, T0).await.unwrap().devices;
    assert_eq!((devices[0].told.clone(), devices[0].unsure.clone()), (names(&[]), names(&["a"])));
    assert!(!told(&["a"], Told::In).await, "no row is made");
    let gone = GoneDevice { token: "t".into(), topics: names(&["c"]) };
    assert_eq!(store.new_owner(tenant, &gone).await.unwrap(), Some(bob.user.clone()));
    let given_up = store.give_up(&bob, DeviceRef::Identity("t")).await.unwrap();
    assert_eq!(given_up, [GoneDevice { token: "t".into(), topics: names(&["a", "c"]) }]);
    assert_eq!(store.new_owner(tenant, &gone).await.unwrap(), None);
    store.register(&bob, &device("t", None), T0).await.unwrap();
    assert_eq!(store.give_up(&bob, DeviceRef::Identity("t")).await.unwrap(), [], "it is in none");
}

#[tokio::test]
async fn an_erasure_tells_of_devices_in_topics() {
    let f = fixture().await;
    let (store, tenant, ann) = (recipients(&f), &f.ann.tenant, &f.ann.user);
    store.register(&f.ann, &device("quiet", None), T0).await.unwrap();
    let (hash, _) = store.register(&f.ann, &device("t", None), T0).await.unwrap();
    store.told_topics(tenant, ann, &hash, &names(&["a"]), Told::In).await.unwrap();
    let gone = store.erase(tenant, ann, T0).await.unwrap();
    assert_eq!(gone, [GoneDevice { token: "t".into(), topics: names(&["a"]) }]);
    assert_eq!(store.erase(tenant, ann, T0).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_one_accounts_is_in_no_topic() {
    let f = fixture().await;
    let store = recipients(&f);
    let account = Some(crate::support::account("mail"));
    let limited = carillon_store::Scope { account, ..f.ann.clone() };
    store.register(&limited, &device("t", None), T0).await.unwrap();
    assert!(store.membership(&f.ann.tenant, &f.ann.user, T0).await.unwrap().devices.is_empty());
}
