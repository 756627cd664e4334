//! Whole recipients.

use std::collections::BTreeSet;
use std::time::Duration;

use carillon_domain::{AccountId, Address, Millis, Reason};
use carillon_fakes::{Fault, Filter, Rule, Sink, fcm_error};
use carillon_queue::Addressee;
use carillon_sender::Outcome;
use carillon_store::{DeviceRef, Scope};
use futures::FutureExt as _;
use futures::future::join_all;

use crate::pushing::{Pushing, addressee, browser, device, scope};
use crate::test_support::{Log, failure};

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n}")).collect()
}

#[tokio::test]
async fn ten_devices_three_gone_two_later() {
    let push = Pushing::new().await;
    let tokens = names("tok", 10);
    let devices = push.registered("ann", &tokens, carillon_runtime::now()).await;
    for token in ["tok1", "tok4", "tok7"] {
        push.world.order(Rule::of(Sink::Fcm).containing(token).reply(fcm_error("UNREGISTERED"))).await;
    }
    for token in ["tok2", "tok8"] {
        push.world
            .order(Rule::of(Sink::Fcm).containing(token).times(1).reply(fcm_error("UNAVAILABLE")))
            .await;
    }
    let Outcome::Again { rest, provider_id, .. } = push.send(&addressee("ann", devices)).await else {
        panic!()
    };
    let Address::Devices(left) = &rest.address else { panic!() };
    let left: Vec<&str> = left.iter().map(|device| device.address.identity()).collect();
    assert_eq!((left, rest.reached), (vec!["tok2", "tok8"], 5));
    assert!(provider_id.is_some_and(|name| name.starts_with("projects/")));
    assert_eq!(push.world.came(Sink::Fcm).await.len(), 10);
    assert_eq!(push.tokens("ann").await.len(), 7);
    assert!(matches!(push.retry(&rest).await, Outcome::Sent { .. }));
    for token in &tokens {
        let expected = if ["tok2", "tok8"].contains(&token.as_str()) { 2 } else { 1 };
        assert_eq!(push.requests(token).await, expected, "{token}");
    }
    assert_eq!(push.tokens("ann").await.len(), 7);
}

#[tokio::test]
async fn a_device_that_has_moved_on_to_another_user_stays_theirs() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    let devices = push.registered("ann", &names("shared", 1), now).await;
    push.registered("bob", &names("shared", 1), now).await;
    push.world.order(Rule::of(Sink::Fcm).reply(fcm_error("SENDER_ID_MISMATCH"))).await;
    assert_eq!(push.send(&addressee("ann", devices)).await, Outcome::Skipped(Reason::NoAddress));
    assert_eq!(push.tokens("bob").await, BTreeSet::from(["shared0".into()]));
}

#[tokio::test]
async fn a_retry_goes_only_to_devices_that_are_still_theirs() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    let tokens = names("tok", 3);
    let devices = push.registered("ann", &tokens, now).await;
    // Bob logs in on one, and one is logged out.
    push.registered("bob", &tokens[..1], now).await;
    push.recipients().unregister(&scope("ann"), DeviceRef::Identity("tok1")).await.unwrap();
    let rest = addressee("ann", devices);
    assert!(matches!(push.retry(&rest).await, Outcome::Sent { .. }));
    let mut asked = Vec::new();
    for token in &tokens {
        asked.push(push.requests(token).await);
    }
    assert_eq!(asked, [0, 0, 1]);
    push.recipients().unregister(&scope("ann"), DeviceRef::Identity("tok2")).await.unwrap();
    assert_eq!(push.retry(&rest).await, Outcome::Skipped(Reason::NoAddress));
    // The other account of hers on the same phone is as good as another user.
    let account = AccountId::parse("work").unwrap();
    let other = Scope { account: Some(account.clone()), ..scope("ann") };
    push.recipients().register(&other, &device("tok2", now), now).await.unwrap();
    assert_eq!(push.retry(&rest).await, Outcome::Skipped(Reason::NoAddress));
    let same = Addressee { account: Some(account), ..rest };
    assert!(matches!(push.retry(&same).await, Outcome::Sent { .. }));
}

#[tokio::test]
async fn a_retry_waits_for_the_table() {
    let push = Pushing::new().await;
    let push = push.with_table("none");
    let rest = addressee("ann", vec![device("tok", carillon_runtime::now())]);
    assert_eq!(push.retry(&rest).await, Outcome::Later { rest: rest.clone() });
    assert!(push.world.came(Sink::Fcm).await.is_empty());
}

#[tokio::test]
async fn what_is_noted_of_devices_takes_turns() {
    let push = Pushing::new().await;
    let devices = push.registered("ann", &names("tok", 2), carillon_runtime::now()).await;
    push.world.order(Rule::of(Sink::Fcm).containing("tok0").reply(fcm_error("UNREGISTERED"))).await;
    let mut turns = Vec::new();
    while let Some(Some(turn)) = push.sender.lanes.note().now_or_never() {
        turns.push(turn);
    }
    assert_eq!(turns.len(), 32);
    // Nobody's turn ends, so it is left for the next push.
    assert!(matches!(push.send(&addressee("ann", devices.clone())).await, Outcome::Sent { .. }));
    assert_eq!(push.tokens("ann").await.len(), 2);
    drop(turns);
    assert!(matches!(push.send(&addressee("ann", devices)).await, Outcome::Sent { .. }));
    assert_eq!(push.tokens("ann").await.len(), 1);
}

#[tokio::test]
async fn logs_do_not_tell_whose_device_it_is() {
    let push = Pushing::new().await;
    let devices = push.registered("hans.castorp", &names("tok", 1), carillon_runtime::now()).await;
    push.world.order(Rule::of(Sink::Fcm).reply(fcm_error("UNREGISTERED"))).await;
    let log = Log::default();
    let guard = log.capture();
    push.send(&addressee("hans.castorp", devices.clone())).await;
    let push = push.with_table("none");
    push.send(&addressee("hans.castorp", devices)).await;
    drop(guard);
    let text = log.text();
    assert!(text.contains("a device is gone") && text.contains("could not be noted"), "{text}");
    assert!(text.contains("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "{text}");
    for secret in ["hans.castorp", "ntf_", "tok0"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

/// A browser's service that never answers has all that it is given, and FCM answers meanwhile.
#[tokio::test]
async fn who_never_answers_keeps_nobody_waiting() {
    let push = Pushing::with_browsers().await;
    let now = carillon_runtime::now();
    push.world.order(Rule::of(Sink::WebPush).fault(Fault::Hang)).await;
    let browsers = (0..100).map(|n| push.subscription(&format!("b{n}"))).collect();
    let (hanging, ann) = (addressee("eve", browsers), addressee("ann", vec![device("tok", now)]));
    let client = push.world.sinks.client();
    let hung = async {
        client.wait(&Filter::of(Sink::WebPush), 8, Duration::from_secs(30)).await.unwrap();
        // As many as may be are under way, and stay so.
        let sent = push.send(&ann).await;
        (sent, push.world.came(Sink::WebPush).await.len())
    };
    let mut hanging = Box::pin(push.send(&hanging));
    let (sent, browsers) = tokio::select! {
        biased;
        outcome = &mut hanging => panic!("{outcome:?}"),
        hung = hung => hung,
    };
    assert!(matches!(sent, Outcome::Sent { .. }), "{sent:?}");
    assert_eq!(browsers, 8);
}

#[tokio::test]
async fn that_a_device_was_reached_is_written_once_in_a_fortnight() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    let old = now.plus_seconds(-14 * 86_400);
    let devices = push.registered("ann", &names("tok", 1), old).await;
    assert!(matches!(push.send(&addressee("ann", devices)).await, Outcome::Sent { .. }));
    let (_, kept) = push.recipients().devices(&scope("ann"), now).await.unwrap().remove(0);
    assert!(kept.last_used_at >= now, "{kept:?}");
    push.dynamo.calls().reset();
    assert!(matches!(push.send(&addressee("ann", vec![kept])).await, Outcome::Sent { .. }));
    let newer = device("tok0", now.plus_seconds(60 - 14 * 86_400));
    assert!(matches!(push.send(&addressee("ann", vec![newer])).await, Outcome::Sent { .. }));
    assert_eq!(push.dynamo.calls().total(), 0, "it is known");
}

#[tokio::test]
async fn at_most_a_hundred_requests_are_under_way() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    push.world.order(Rule::of(Sink::Fcm).delay(Duration::from_millis(500))).await;
    let crowd = ["ann", "bob", "eve"]
        .map(|user| addressee(user, names(user, 50).iter().map(|token| device(token, now)).collect()));
    let outcomes = join_all(crowd.iter().map(|one| push.send(one))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Sent { .. })), "{outcomes:?}");
    let connections = push.world.sinks.client().connections().await.unwrap();
    assert_eq!(connections.used(), 1, "they share a connection");
    let most = connections.most_in_flight;
    assert!((51..=100).contains(&most), "more than one recipient's, and no more than that: {most}");
}

#[tokio::test]
async fn what_cannot_be_begun_in_time_is_left_whole() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    let ann = addressee("ann", vec![device("tok0", now), browser()]);
    let soon = now.plus_millis(11_900);
    assert_eq!(push.send_by(&ann, soon).await, Outcome::Later { rest: ann.clone() });
    assert!(push.world.came(Sink::Fcm).await.is_empty());
}

#[tokio::test]
async fn one_service_that_is_not_set_up_does_not_harm_the_other() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    let both = push.send(&addressee("ann", vec![browser(), device("tok0", now)])).await;
    assert!(matches!(both, Outcome::Sent { .. }), "{both:?}");
    let alone = push.send(&addressee("ann", vec![browser()])).await;
    assert_eq!(alone, Outcome::Failed(failure(Reason::NotConfigured, "Web Push has no key", None)));
    assert_eq!(push.world.secrets.asked(), 1, "for FCM only");
    let nobody =
        Addressee { address: Address::Email("ann@example.com".into()), ..addressee("ann", Vec::new()) };
    assert_eq!(push.send(&nobody).await, Outcome::Skipped(Reason::NoAddress));
}

#[tokio::test]
async fn a_table_that_fails_does_not_fail_the_push() {
    let push = Pushing::new().await;
    let push = push.with_table("none");
    push.world.order(Rule::of(Sink::Fcm).containing("gone").reply(fcm_error("UNREGISTERED"))).await;
    push.world.order(Rule::of(Sink::Fcm).containing("reset").fault(Fault::Reset)).await;
    let devices = ["gone", "reset", "good"].map(|token| device(token, Millis(0))).to_vec();
    let Outcome::Again { rest, failure, .. } = push.send(&addressee("ann", devices)).await else { panic!() };
    assert_eq!((rest.reached, failure.detail.as_str()), (1, "connection_broken"));
}
