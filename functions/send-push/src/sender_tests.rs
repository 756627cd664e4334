//! Whole recipients.

use std::collections::BTreeSet;
use std::time::Duration;

use carillon_domain::{Address, Millis, Reason};
use carillon_fakes::{Fault, Rule, Sink, fcm_error};
use carillon_queue::Addressee;
use carillon_sender::Outcome;
use carillon_store::Recipients;
use futures::future::join_all;

use crate::pushing::{Pushing, addressee, browser, device, scope};
use crate::sender::Sender;
use crate::test_support::failure;
use crate::web_push::{Secret, WebPush};

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
    assert!(matches!(push.send(&rest).await, Outcome::Sent { .. }));
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
async fn that_a_device_was_reached_is_written_once_a_day() {
    let push = Pushing::new().await;
    let now = carillon_runtime::now();
    let yesterday = now.plus_seconds(-86_400);
    let devices = push.registered("ann", &names("tok", 1), yesterday).await;
    assert!(matches!(push.send(&addressee("ann", devices)).await, Outcome::Sent { .. }));
    let (_, kept) = push.recipients().devices(&scope("ann"), now).await.unwrap().remove(0);
    assert!(kept.last_used_at >= now, "{kept:?}");
    push.dynamo.calls().reset();
    assert!(matches!(push.send(&addressee("ann", vec![kept])).await, Outcome::Sent { .. }));
    assert_eq!(push.dynamo.calls().total(), 0, "today it is known");
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
    let soon = now.plus_millis(10_900);
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
    let recipients = Recipients::new(push.dynamo.client(), String::from("none"));
    let secret = Secret::new(push.world.secrets.client(), String::new(), String::new());
    let web_push = WebPush::new(push.world.egress(), secret);
    let sender = Sender::new(push.world.fcm(), web_push, recipients, carillon_runtime::now);
    let push = Pushing { sender, ..push };
    push.world.order(Rule::of(Sink::Fcm).containing("gone").reply(fcm_error("UNREGISTERED"))).await;
    push.world.order(Rule::of(Sink::Fcm).containing("reset").fault(Fault::Reset)).await;
    let devices = ["gone", "reset", "good"].map(|token| device(token, Millis(0))).to_vec();
    let Outcome::Again { rest, failure, .. } = push.send(&addressee("ann", devices)).await else { panic!() };
    assert_eq!((rest.reached, failure.detail.as_str()), (1, "connection_broken"));
}
