//! Whole recipients.

use std::sync::atomic::{AtomicUsize, Ordering};

use carillon_domain::{Address, Channel, DeliveryState, Reason, RetrySchedule};
use carillon_queue::Addressee;
use carillon_sender::{Failure, Outcome};
use carillon_testkit::Reply;
use serde_json::json;

use crate::sender::Sender;
use crate::test_support::{Desk, Log, World, client, is_publish, later, opted_out, phone, refuses, to};

const ANN: &str = "+41446681800";

fn sent(detail: &str) -> Outcome {
    Outcome::Sent { provider_id: Some("sms-1".into()), detail: Some(detail.into()) }
}

fn failed(reason: Reason, detail: &str) -> Outcome {
    Outcome::Failed(Failure::new(reason, detail))
}

impl World {
    async fn send(&self, content: serde_json::Value, addressee: Addressee) -> Outcome {
        self.desk.ask(&self.sender, content, addressee, 30).await
    }
}

#[tokio::test]
async fn a_message_is_what_the_template_says_in_the_recipients_language_else_title_and_body() {
    let w = World::new().await;
    let templates = json!({
        "sms": "{{ title }} {{ n }} for {{ brand.name }}", "locales": {"de": {"sms": "{{ n }} Plätze 😀"}},
    });
    w.desk
        .document("type#booking_confirmed", &json!({ "templates": templates, "max_sms_segments": 1 }))
        .await;
    w.desk.document("type#*", &json!({"brand": {"name": "Acme"}, "sms": {"sender_id": "ACME"}})).await;
    let data = json!({"data": json!({"n": 2}).to_string()});
    assert_eq!(w.send(data.clone(), phone("ann", ANN)).await, sent("segments=1"));
    assert_eq!(w.send(data, to("bob", Address::Phone(ANN.into()), Some("de-CH"))).await, sent("segments=1"));
    let plain = json!({"type": "payment_failed", "title": "Payment failed", "body": "x".repeat(10_000)});
    assert_eq!(w.send(plain, phone("eve", ANN)).await, sent("segments=3 cut"));
    let gone = json!({"type": "no_such_type", "title": "Hi", "body": "there"});
    assert_eq!(w.send(gone, phone("joe", ANN)).await, sent("segments=1"));
    let published = w.published();
    let texts: Vec<&str> = published.iter().map(|form| form["Message"].as_str()).collect();
    assert_eq!(texts[..2], ["Table for two 2 for Acme", "2 Plätze 😀"]);
    assert_eq!(texts[3], "Hi: there");
    assert!(texts[2].len() <= 459 && texts[2].starts_with("Payment failed"), "{}", texts[2]);
    assert!(published.iter().all(|form| form.values().any(|value| value == "ACME")));
}

#[tokio::test]
async fn a_template_that_was_changed_since_the_post_is_a_failure() {
    let w = World::new().await;
    w.desk.document("type#booking_confirmed", &json!({"templates": {"sms": "{{ missing }}"}})).await;
    let job = w.desk.job(json!({}), vec![phone("ann", ANN)]).await;
    w.desk.work(&w.sender, &[&job]).await;
    let delivery = w.desk.delivery(&job, "ann").await;
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Failed, Some(Reason::Template)));
    assert_eq!(delivery.detail.as_deref(), Some("sms"));
    assert!(w.desk.dead(&job, "ann").await.is_some());
    assert!(w.sns.asked().is_empty());
}

#[tokio::test]
async fn what_changed_just_before_the_post_holds_though_the_old_is_still_kept() {
    let w = World::new().await;
    for (name, sender_id) in [("table", "OLD"), ("code", "NEW")] {
        let template = json!({"templates": {"sms": format!("No. {{{{ {name} }}}}")}});
        w.desk.document("type#booking_confirmed", &template).await;
        w.desk.document("type#*", &json!({"sms": {"sender_id": sender_id}})).await;
        let data = json!({"data": json!({name: name}).to_string()});
        assert_eq!(w.send(data, phone("ann", ANN)).await, sent("segments=1"));
        let form = w.published().remove(w.published().len() - 1);
        assert_eq!(form["Message"], format!("No. {name}"));
        assert!(form.values().any(|value| value == sender_id), "{form:?}");
    }
}

#[tokio::test]
async fn who_must_not_be_sent_to_is_not() {
    let w = World::with(|asked| {
        let out = asked.form().get("phoneNumber").is_some_and(|number| number == "+12025550123");
        out.then(|| Reply::Says(200, opted_out(true)))
    })
    .await;
    w.desk.suppress("+491701234567").await;
    let suppressed = Outcome::Skipped(Reason::Suppressed);
    assert_eq!(w.send(json!({}), phone("ann", "+491701234567")).await, suppressed);
    assert!(w.sns.asked().is_empty(), "SNS is not even asked");
    assert_eq!(w.send(json!({}), phone("bob", "+12025550123")).await, suppressed);
    assert!(w.published().is_empty());
    let invalid = w.send(json!({}), phone("eve", "+999123")).await;
    assert_eq!(invalid, failed(Reason::Rejected, "invalid_number"));
    let dear = w.send(json!({}), phone("eve", "+41900123456")).await;
    assert_eq!(dear, failed(Reason::Rejected, "premium_rate_number"));
    let email = to("joe", Address::Email("joe@example.com".into()), None);
    assert_eq!(w.send(json!({}), email).await, Outcome::Skipped(Reason::NoAddress));
    assert_eq!(w.sns.asked().len(), 1);
}

#[tokio::test]
async fn a_deployment_that_sends_no_sms_says_so() {
    let w = World::new().await;
    let sender = Sender::new(client(w.sns.url()), w.desk.lookup(), false, carillon_runtime::now);
    let outcome = w.desk.ask(&sender, json!({}), phone("ann", ANN), 30).await;
    assert_eq!(outcome, failed(Reason::NotConfigured, "sms_not_enabled"));
    assert!(w.sns.asked().is_empty());
}

#[tokio::test]
async fn what_cannot_be_begun_in_time_is_left() {
    let w = World::new().await;
    let (ann, content) = (phone("ann", ANN), json!({}));
    let left = w.desk.ask(&w.sender, content, ann.clone(), 14).await;
    assert_eq!(left, Outcome::Later { rest: ann });
    assert!(w.sns.asked().is_empty());
}

#[tokio::test]
async fn a_job_that_comes_again_is_sent_once() {
    let w = World::new().await;
    let job = w.desk.job(json!({}), vec![phone("ann", ANN), phone("bob", "+12025550123")]).await;
    for _ in 0..2 {
        w.desk.work(&w.sender, &[&job, &job]).await;
    }
    assert_eq!(w.published().len(), 2);
    let delivery = w.desk.delivery(&job, "ann").await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Sent, 1));
    assert_eq!(
        (delivery.provider_id.as_deref(), delivery.detail.as_deref()),
        (Some("sms-1"), Some("segments=1"))
    );
}

#[tokio::test]
async fn what_sns_throttles_slows_down_and_all_arrive() {
    let left = AtomicUsize::new(3);
    let w = World::with(move |asked| {
        let refused = is_publish(asked)
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        refused.then(|| refuses(429, "Throttled", "Rate exceeded"))
    })
    .await;
    let job = w.desk.job(json!({}), (0..25).map(|n| phone(&format!("u{n}"), ANN)).collect()).await;
    w.desk.work(&w.sender, &[&job]).await;
    assert_eq!(w.published().len(), 28);
    for n in 0..25 {
        assert_eq!(w.desk.delivery(&job, &format!("u{n}")).await.state, DeliveryState::Sent);
    }
    assert!(w.sns.most_at_once() <= 10, "{}", w.sns.most_at_once());
    assert!(w.desk.queued().is_empty(), "nobody had to come back");
}

#[tokio::test]
async fn while_sns_is_away_attempts_are_farther_apart_each_time() {
    let up = std::sync::Arc::new(AtomicUsize::new(0));
    let is_up = std::sync::Arc::clone(&up);
    let w = World::with(move |_| {
        (is_up.load(Ordering::Relaxed) == 0).then(|| refuses(503, "ServiceUnavailable", ""))
    })
    .await;
    let mut job = w.desk.job(json!({}), vec![phone("ann", ANN)]).await;
    let first = job.clone();
    for (attempt, delays) in [(1, 4..=6), (2, 12..=18), (3, 48..=72)] {
        w.desk.work(&w.sender, &[&job]).await;
        let (delay, again) = w.desk.queued().remove(0);
        assert!(delays.contains(&delay), "{delay}");
        let delivery = w.desk.delivery(&first, "ann").await;
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Pending, attempt));
        assert_eq!(delivery.detail.as_deref(), Some("ServiceUnavailable"));
        later(delay + 1);
        job = again;
    }
    up.store(1, Ordering::Relaxed);
    w.desk.work(&w.sender, &[&job]).await;
    let delivery = w.desk.delivery(&first, "ann").await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Sent, 4));
}

#[tokio::test]
async fn a_catalog_that_fails_is_asked_again_by_the_schedule() {
    let w = World::new().await;
    let lookup = carillon_sender::Lookup::by(w.desk.dynamo.client(), "none".into()).unwrap();
    let sender = Sender::new(client(w.sns.url()), lookup, true, carillon_runtime::now);
    let ann = phone("ann", ANN);
    let outcome = w.desk.ask(&sender, json!({}), ann.clone(), 30).await;
    let failure = Failure::new(Reason::Unavailable, "catalog");
    assert_eq!(outcome, Outcome::Again { rest: ann, failure, provider_id: None });
}

#[tokio::test]
async fn only_sms_are_sent_here() {
    let w = World::new().await;
    let push = Desk::new(Channel::Push, RetrySchedule::PUSH).await;
    let job = push.job(json!({}), vec![phone("ann", ANN)]).await;
    let message = carillon_queue::DeliveryMessage::V1(Box::new(job));
    let carillon_queue::DeliveryMessage::V1(job) = message else { unreachable!() };
    assert!(w.desk.engine.deliver(&w.sender, &job, carillon_runtime::now().plus_seconds(30)).await.is_err());
    assert!(w.sns.asked().is_empty());
}

#[tokio::test]
async fn logs_do_not_tell_to_whom_or_what() {
    let w = World::with(|asked| {
        is_publish(asked).then(|| refuses(400, "InvalidParameter", "PhoneNumber +41446681800 is not valid"))
    })
    .await;
    let broken = json!({"templates": {"sms": "{{ missing }}"}});
    w.desk.document("type#payment_failed", &broken).await;
    let log = Log::default();
    let guard = log.capture();
    for kind in ["booking_confirmed", "payment_failed"] {
        let content = json!({"type": kind, "title": "Davos", "body": "seven years"});
        let job = w.desk.job(content, vec![phone("hans.castorp", ANN)]).await;
        w.desk.work(&w.sender, &[&job]).await;
    }
    drop(guard);
    let text = log.text();
    assert!(text.contains("the template failed") && text.contains("InvalidParameter"), "{text}");
    for secret in ["castorp", "Davos", "seven", "ntf_", "4466"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
