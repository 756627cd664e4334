//! Against the stand-in for a push service, and a Secrets Manager.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Content, Device, Millis, NotificationId, Reason};
use carillon_egress::{Client, Egress, Limits, Protocol};
use carillon_fakes::{Fault, Filter, Rule, Seen, Sink};
use futures::future::join_all;
use p256::SecretKey;
use serde_json::{Value, json};
use web_push_native::Auth;

use super::{LIMITS, Secret, WebPush};
use crate::reached::Reached;
use crate::test_support::{World, failure, later, retry};
use crate::time_left::{self, TimeLeft};

/// The keys of RFC 8291's example (appendix A): the sender's here are ours.
const PRIVATE: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
pub(crate) const PUBLIC: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
const BROWSERS_PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const BROWSERS_PUBLIC: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

pub(crate) fn secret() -> String {
    json!({"private_key": PRIVATE, "subject": "mailto:ops@example.com"}).to_string()
}

/// Everything works.
async fn world() -> (World, WebPush) {
    let world = World::new().await;
    world.secrets.says(json!({"Name": "vapid", "SecretString": secret()})).await;
    let push = pushing(&world, PUBLIC);
    (world, push)
}

fn pushing(world: &World, public: &str) -> WebPush {
    let secret = Secret::new(world.secrets.client(), String::from("vapid"), public.to_owned());
    WebPush::new(world.egress(), secret)
}

fn content(change: Value) -> Content {
    let mut content = json!({
        "type": "t", "category": "system", "priority": "high", "title": "T", "body": "B",
        "expires_at": carillon_runtime::now().plus_seconds(3_600),
    });
    content.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    serde_json::from_value(content).unwrap()
}

pub(crate) fn browser(endpoint: &str) -> Device {
    serde_json::from_value(json!({
        "endpoint": endpoint, "p256dh": BROWSERS_PUBLIC, "auth": AUTH, "platform": "web", "created_at": 0,
        "last_used_at": 0,
    }))
    .unwrap()
}

fn id() -> NotificationId {
    NotificationId::parse("ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u").unwrap()
}

async fn send_to(push: &WebPush, endpoint: &str, content: &Content, time: TimeLeft) -> Option<Reached> {
    push.send(content, &id(), &browser(endpoint), time).await
}

/// To the browser that the stand-in knows by this name.
async fn send(world: &World, push: &WebPush, name: &str) -> Option<Reached> {
    send_to(push, &format!("{}/web-push/{name}", world.sinks.url()), &content(json!({})), later()).await
}

/// What the browser reads, by its own private key.
fn read(seen: &Seen) -> Value {
    let private = SecretKey::from_slice(&URL_SAFE_NO_PAD.decode(BROWSERS_PRIVATE).unwrap()).unwrap();
    let auth: [u8; 16] = URL_SAFE_NO_PAD.decode(AUTH).unwrap().try_into().unwrap();
    serde_json::from_slice(&web_push_native::decrypt(seen.bytes(), &private, &Auth::from(auth)).unwrap())
        .unwrap()
}

fn rejected(reason: Reason, detail: &str) -> Reached {
    Reached::Rejected(failure(reason, detail, None))
}

#[tokio::test]
async fn a_browser_gets_what_only_it_can_read() {
    let (world, push) = world().await;
    let content = content(json!({"collapse_key": "orders", "data": json!({"n": 1}).to_string()}));
    let endpoint = format!("{}/web-push/ann", world.sinks.url());
    assert_eq!(send_to(&push, &endpoint, &content, later()).await, Some(Reached::Sent(None)));
    let came = world.came(Sink::WebPush).await;
    let [seen] = came.as_slice() else { panic!("{came:?}") };
    let header = |name: &str| seen.headers[name].as_str();
    assert_eq!(
        (header("urgency"), header("topic"), header("content-encoding")),
        ("high", "orders", "aes128gcm")
    );
    let ttl: i64 = header("ttl").parse().unwrap();
    assert!((3_500..=3_600).contains(&ttl), "what is left of its life: {ttl}");
    assert!(header("authorization").starts_with("vapid t=ey"));
    let expected = json!({
        "notification_id": id(), "type": "t", "title": "T", "body": "B", "data": {"n": 1}, "tag": "orders",
    });
    assert_eq!(read(seen), expected);
}

#[tokio::test]
async fn one_key_and_one_signature_serve_all_of_a_service() {
    let (world, push) = world().await;
    let reached = join_all((0..20).map(async |n| send(&world, &push, &format!("b{n}")).await)).await;
    assert_eq!(reached, vec![Some(Reached::Sent(None)); 20]);
    assert_eq!(world.secrets.asked(), 1);
    let came = world.came(Sink::WebPush).await;
    assert!(came.iter().all(|seen| seen.headers["authorization"] == came[0].headers["authorization"]));
    assert!(came.iter().skip(1).all(|seen| seen.body != came[0].body), "encrypted anew for each");
}

#[tokio::test]
async fn every_answer_is_told_for_what_it_is() {
    let (world, push) = world().await;
    let table = [
        (Rule::of(Sink::WebPush).status(404), Reached::Gone),
        (Rule::of(Sink::WebPush).status(410), Reached::Gone),
        (Rule::of(Sink::WebPush).status(400), rejected(Reason::Rejected, "400")),
        (Rule::of(Sink::WebPush).status(401), rejected(Reason::Rejected, "401")),
        (Rule::of(Sink::WebPush).status(403), rejected(Reason::Rejected, "403")),
        (Rule::of(Sink::WebPush).status(429).header("retry-after", "30"), retry("429", Some(30))),
        (Rule::of(Sink::WebPush).status(500), retry("500", None)),
        (Rule::of(Sink::WebPush).status(503).header("retry-after", "7"), retry("503", Some(7))),
        (Rule::of(Sink::WebPush).fault(Fault::Reset), retry("connection_broken", None)),
        (Rule::of(Sink::WebPush).status(202), Reached::Sent(None)),
        (Rule::of(Sink::WebPush).status(200), Reached::Sent(None)),
    ];
    for (rule, expected) in table {
        world.order(rule.clone().times(1)).await;
        assert_eq!(send(&world, &push, "ann").await, Some(expected), "{rule:?}");
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_left() {
    let (world, push) = world().await;
    let haste = Limits { total: Duration::from_millis(200), ..LIMITS };
    push.http.set(Client::new(&world.egress(), haste, Protocol::Any).unwrap()).unwrap();
    world.order(Rule::of(Sink::WebPush).times(1).fault(Fault::Hang)).await;
    assert_eq!(send(&world, &push, "ann").await, Some(retry("timeout", None)));
    assert_eq!(send(&world, &push, "ann").await, Some(Reached::Sent(None)));
}

#[tokio::test]
async fn what_is_too_large_is_sent_once_more_shorter() {
    let (world, push) = world().await;
    let endpoint = format!("{}/web-push/ann", world.sinks.url());
    let long = content(json!({"body": "word ".repeat(2_000)}));
    assert_eq!(send_to(&push, &endpoint, &long, later()).await, Some(Reached::Sent(None)));
    world.order(Rule::of(Sink::WebPush).times(1).status(413)).await;
    assert_eq!(send_to(&push, &endpoint, &long, later()).await, Some(Reached::Sent(None)));
    let sizes: Vec<_> = world.came(Sink::WebPush).await.iter().map(|seen| seen.bytes().len()).collect();
    assert_eq!(sizes.len(), 3);
    assert!((4_080..=4_096).contains(&sizes[0]) && sizes[1] == sizes[0] && sizes[2] < 2_200, "{sizes:?}");
    world.order(Rule::of(Sink::WebPush).times(2).status(413)).await;
    let refused = send_to(&push, &endpoint, &long, later()).await;
    assert_eq!(refused, Some(rejected(Reason::TooLarge, "payload too large")));
    assert_eq!(world.came(Sink::WebPush).await.len(), 5);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (world, push) = world().await;
    let elsewhere = format!("{}/web-push/elsewhere", world.sinks.url());
    for to in [elsewhere.as_str(), "http://169.254.169.254/latest/meta-data"] {
        let rule = Rule::of(Sink::WebPush).times(1).status(307).header("location", to);
        world.order(rule).await;
        assert_eq!(send(&world, &push, "ann").await, Some(rejected(Reason::Rejected, "307")));
    }
    let followed = Filter::of(Sink::WebPush).containing("elsewhere");
    assert!(world.sinks.client().requests(&followed).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_goes_to_addresses_inside() {
    let (world, _) = world().await;
    let secret = Secret::new(world.secrets.client(), String::from("vapid"), PUBLIC.to_owned());
    // As on AWS: no stand-ins.
    let push = WebPush::new(Egress::default(), secret);
    let sinks = world.sinks.url();
    for endpoint in [
        &format!("{sinks}/web-push/ann"),
        &sinks.replace("http:", "https:"),
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "ftp://push.example.com/",
    ] {
        let refused = send_to(&push, endpoint, &content(json!({})), later()).await;
        assert_eq!(refused, Some(rejected(Reason::Rejected, "address_refused")), "{endpoint}");
    }
    assert!(world.came(Sink::WebPush).await.is_empty());
}

#[tokio::test]
async fn keys_that_are_none_are_given_up() {
    let (world, push) = world().await;
    let endpoint = format!("{}/web-push/ann", world.sinks.url());
    let off_the_curve = URL_SAFE_NO_PAD.encode([&[4][..], &[7; 64]].concat());
    for (p256dh, auth) in
        [(off_the_curve.as_str(), AUTH), ("AAAA", AUTH), (BROWSERS_PUBLIC, "AAAA"), ("!", AUTH)]
    {
        let mut device = serde_json::to_value(browser(&endpoint)).unwrap();
        (device["p256dh"], device["auth"]) = (json!(p256dh), json!(auth));
        let device = serde_json::from_value(device).unwrap();
        assert_eq!(push.send(&content(json!({})), &id(), &device, later()).await, Some(Reached::Gone));
    }
}

#[tokio::test]
async fn without_a_key_that_fits_it_is_not_configured() {
    let (world, push) = world().await;
    let not_configured = Some(rejected(Reason::NotConfigured, "Web Push has no key"));
    assert_eq!(send(&world, &pushing(&world, ""), "ann").await, not_configured);
    assert_eq!(world.secrets.asked(), 0, "nobody could have subscribed");
    let others = BROWSERS_PUBLIC;
    assert_eq!(send(&world, &pushing(&world, others), "ann").await, not_configured);
    for text in ["{}", "not JSON"] {
        world.secrets.says(json!({"SecretString": text})).await;
        assert_eq!(send(&world, &pushing(&world, PUBLIC), "ann").await, not_configured);
    }
    let asked = world.secrets.asked();
    let unset = pushing(&world, PUBLIC);
    for _ in 0..3 {
        assert_eq!(send(&world, &unset, "ann").await, not_configured);
    }
    assert_eq!(world.secrets.asked(), asked + 1, "not with every push");
    world.secrets.refuses("AccessDeniedException").await;
    assert_eq!(send(&world, &push, "ann").await, not_configured);
    world.secrets.refuses("ThrottlingException").await;
    let throttled = send(&world, &pushing(&world, PUBLIC), "ann").await;
    assert_eq!(throttled, Some(retry("secret unavailable", None)));
    let (asked, many) = (world.secrets.asked(), pushing(&world, PUBLIC));
    let reached = join_all((0..5).map(async |_| send(&world, &many, "ann").await)).await;
    assert_eq!(reached, vec![Some(retry("secret unavailable", None)); 5]);
    assert_eq!(world.secrets.asked(), asked + 1, "one asked for all");
    assert!(world.came(Sink::WebPush).await.is_empty());
}

#[tokio::test]
async fn who_comes_within_a_second_of_a_secret_that_could_not_be_read_does_not_read_it() {
    let (world, push) = world().await;
    world.secrets.refuses("ThrottlingException").await;
    let endpoint = format!("{}/web-push/ann", world.sinks.url());
    let clocks: [fn() -> Millis; 3] = [|| Millis(0), || Millis(999), || Millis(1_000)];
    for (clock, asked) in clocks.into_iter().zip([1, 1, 2]) {
        let time = time_left::until(clock, Millis(i64::MAX));
        let reached = send_to(&push, &endpoint, &content(json!({})), time).await;
        assert_eq!(reached, Some(retry("secret unavailable", None)));
        assert_eq!(world.secrets.asked(), asked);
    }
}

#[tokio::test]
async fn a_known_key_outlasts_a_secret_that_cannot_be_read() {
    let (world, push) = world().await;
    send(&world, &push, "ann").await;
    world.secrets.refuses("InternalServiceError").await;
    let in_five_minutes = || carillon_runtime::now().plus_seconds(300);
    let time = time_left::until(in_five_minutes, Millis(i64::MAX));
    let endpoint = format!("{}/web-push/ann", world.sinks.url());
    for _ in 0..2 {
        let sent = send_to(&push, &endpoint, &content(json!({})), time).await;
        assert_eq!(sent, Some(Reached::Sent(None)));
    }
    assert_eq!(world.secrets.asked(), 2, "the first time, and once more");
}

#[tokio::test]
async fn without_time_nothing_is_begun() {
    let (world, push) = world().await;
    let endpoint = format!("{}/web-push/ann", world.sinks.url());
    let soon = || time_left::until(carillon_runtime::now, carillon_runtime::now().plus_millis(10_900));
    assert_eq!(send_to(&push, &endpoint, &content(json!({})), soon()).await, None);
    assert_eq!(world.secrets.asked(), 0);
    send(&world, &push, "ann").await;
    assert_eq!(send_to(&push, &endpoint, &content(json!({})), soon()).await, None);
    assert_eq!(world.came(Sink::WebPush).await.len(), 1);
}
