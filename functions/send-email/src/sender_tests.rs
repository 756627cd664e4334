//! Whole recipients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use carillon_domain::{Address, DeliveryState, Reason, TenantId, UserId};
use carillon_queue::Addressee;
use carillon_sender::{Failure, Outcome};
use carillon_store::Scope;
use carillon_testkit::{FakeService, Reply};
use carillon_unsubscribe::Keys;
use serde_json::{Value, json};

use crate::test_support::{KEY, Log, World, email, later, recipients, to};

const ANN: &str = "ann@example.com";

fn sent() -> Outcome {
    Outcome::Sent { provider_id: Some("ses-1".into()), detail: None }
}

fn failed(reason: Reason, detail: &str) -> Outcome {
    Outcome::Failed(Failure::new(reason, detail))
}

fn marketing() -> Value {
    json!({"type": "promotion_generic", "category": "marketing", "priority": "normal", "title": "Sale", "body": "Now"})
}

/// A header's value, unfolded.
fn header(mime: &str, name: &str) -> Option<String> {
    let head = mime.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = |line: &str| line.strip_prefix(&format!("{name}: ")).map(str::to_owned);
    head.split("\r\n").find_map(line)
}

impl World {
    async fn send(&self, content: Value, addressee: Addressee) -> Outcome {
        self.desk.ask(&self.sender, content, addressee, 30).await
    }
}

#[tokio::test]
async fn an_email_is_from_the_tenant_where_it_may_be_else_from_the_deployment() {
    let w = World::new().await;
    assert_eq!(w.send(json!({"body": "Friday"}), email("ann", ANN)).await, sent());
    let (asked, mime) = w.mails().remove(0);
    assert_eq!(asked["Destination"]["ToAddresses"], json!([ANN]));
    assert!(header(&mime, "From").unwrap().contains("hello@carillon.example"), "{mime}");
    assert!(mime.contains("Table for two") && header(&mime, "List-Unsubscribe").is_none());
    // Settings are kept for a minute.
    for (from, expected) in
        [("hi@acme.example", sent()), ("hi@other.example", failed(Reason::NotConfigured, "from"))]
    {
        w.desk.document("type#*", &json!({"email": {"from": from, "reply_to": ["help@acme.example"]}})).await;
        later(61);
        assert_eq!(w.send(json!({}), email("ann", ANN)).await, expected, "{from}");
    }
    let (_, mime) = w.mails().remove(1);
    assert!(header(&mime, "From").unwrap().contains("hi@acme.example"));
    assert!(header(&mime, "Reply-To").unwrap().contains("help@acme.example"));
    assert_eq!(w.mails().len(), 2);
}

#[tokio::test]
async fn without_an_address_to_send_from_nothing_goes_out() {
    let w = World::new().await.from("");
    assert_eq!(w.send(json!({}), email("ann", ANN)).await, failed(Reason::NotConfigured, "from"));
    assert!(w.mails().is_empty());
}

#[tokio::test]
async fn marketing_has_a_link_that_takes_the_consent_back() {
    let w = World::new().await;
    assert_eq!(w.send(marketing(), email("ann", ANN)).await, sent());
    let digest =
        json!({"type": "daily_digest", "category": "marketing", "priority": "normal", "title": "Today"});
    assert_eq!(w.send(digest, email("ann", ANN)).await, sent());
    let keys = Keys::read(&json!({"key": KEY}).to_string()).unwrap();
    for ((_, mime), key) in w.mails().iter().zip(["promotions", "digest"]) {
        let link = header(mime, "List-Unsubscribe").unwrap();
        let link = link.trim_start_matches('<').trim_end_matches('>');
        let token = link.strip_prefix("https://api.example/unsubscribe/").unwrap();
        let said = keys.verify(token, carillon_runtime::now()).unwrap();
        assert_eq!((said.tenant, said.user.as_str()), (TenantId::parse("acme").unwrap(), "ann"));
        assert_eq!(said.key, key);
        assert_eq!(header(mime, "List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    }
    assert_eq!(w.secrets.asked().len(), 1, "the key is kept");
}

#[tokio::test]
async fn marketing_does_not_go_out_without_its_link() {
    let broken =
        FakeService::start(|_| Reply::Says(200, json!({"SecretString": "{}"}).to_string())).await.unwrap();
    let w = World::new().await.secrets(broken);
    let expected = failed(Reason::NotConfigured, "unsubscribe_secret");
    assert_eq!(w.send(marketing(), email("ann", ANN)).await, expected);
    let away = FakeService::start(|_| Reply::Refuses(400, "ResourceNotFoundException", "no")).await.unwrap();
    let w = w.secrets(away);
    let Outcome::Again { failure, .. } = w.send(marketing(), email("ann", ANN)).await else { panic!() };
    assert_eq!((failure.reason, failure.detail.as_str()), (Reason::Unavailable, "unsubscribe_secret"));
    assert_eq!(w.send(json!({}), email("ann", ANN)).await, sent(), "what needs no consent does");
    assert_eq!(w.mails().len(), 1);
}

#[tokio::test]
async fn who_must_not_be_sent_to_is_not() {
    let w = World::new().await;
    w.desk.suppress(ANN).await;
    let suppressed = Outcome::Skipped(Reason::Suppressed);
    assert_eq!(w.send(json!({}), email("ann", "Ann@Example.com")).await, suppressed);
    let phone = to("bob", Address::Phone("+41446681800".into()), None);
    assert_eq!(w.send(json!({}), phone).await, Outcome::Skipped(Reason::NoAddress));
    let odd = w.send(json!({}), email("eve", "ev\u{e9}@example.com")).await;
    assert_eq!(odd, failed(Reason::Rejected, "invalid_address"));
    assert!(w.ses.asked().is_empty());
    assert_eq!(w.send(json!({}), email("joe", "joe@b\u{fc}cher.example")).await, sent());
    assert_eq!(w.mails()[0].0["Destination"]["ToAddresses"], json!(["joe@xn--bcher-kva.example"]));
}

#[tokio::test]
async fn a_template_that_was_changed_since_the_post_is_a_failure() {
    let w = World::new().await;
    let templates = json!({"templates": {"email": {"subject": "{{ missing }}"}}});
    w.desk.document("type#booking_confirmed", &templates).await;
    let job = w.desk.job(json!({}), vec![email("ann", ANN)]).await;
    w.desk.work(&w.sender, &[&job]).await;
    let delivery = w.desk.delivery(&job, "ann").await;
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Failed, Some(Reason::Template)));
    assert_eq!(delivery.detail.as_deref(), Some("email.subject"));
    assert!(w.desk.dead(&job, "ann").await.is_some());
    assert!(w.ses.asked().is_empty());
}

#[tokio::test]
async fn what_changed_just_before_the_post_holds_though_the_old_is_still_kept() {
    let w = World::new().await.from("");
    let subject = |text: &str| json!({"templates": {"email": {"subject": text}}});
    let data = |name: &str| json!({"data": json!({name: "7"}).to_string()});
    w.desk.document("type#booking_confirmed", &subject("{{ table }}")).await;
    assert_eq!(w.send(data("table"), email("ann", ANN)).await, failed(Reason::NotConfigured, "from"));
    w.desk.document("type#*", &json!({"email": {"from": "hi@acme.example"}})).await;
    assert_eq!(w.send(data("table"), email("ann", ANN)).await, sent());
    w.desk.document("type#booking_confirmed", &subject("No. {{ code }}")).await;
    assert_eq!(w.send(data("code"), email("ann", ANN)).await, sent());
    let subjects = w.mails().iter().map(|(_, mime)| header(mime, "Subject").unwrap()).collect::<Vec<_>>();
    assert_eq!(subjects, ["7", "No. 7"]);
    // What is kept is newer than this one.
    let old = w.desk.job(data("table"), vec![email("ann", ANN), email("bob", ANN)]).await;
    later(1);
    assert_eq!(w.send(data("name"), email("ann", ANN)).await, failed(Reason::Template, "email.subject"));
    let calls = w.desk.dynamo.calls();
    calls.reset();
    w.desk.work(&w.sender, &[&old]).await;
    assert_eq!(w.desk.delivery(&old, "bob").await.reason, Some(Reason::Template));
    assert_eq!(calls.count("Query"), 0, "it is not read again for what it cannot mend");
}

#[tokio::test]
async fn marketing_that_waited_does_not_go_out_after_an_unsubscribe() {
    let up = Arc::new(AtomicUsize::new(0));
    let is_up = Arc::clone(&up);
    let w = World::with(move |_| {
        (is_up.load(Ordering::Relaxed) == 0).then_some(Reply::Refuses(503, "ServiceUnavailable", ""))
    })
    .await;
    let both = || vec![email("ann", ANN), email("bob", "bob@example.com")];
    let jobs = [w.desk.job(marketing(), both()).await, w.desk.job(json!({}), both()).await];
    w.desk.work(&w.sender, &[&jobs[0], &jobs[1]]).await;
    let queued = w.desk.queued();
    assert_eq!((queued.len(), w.mails().len()), (2, 4));
    let scope = Scope { tenant: w.desk.tenant.clone(), user: UserId::parse("ann").unwrap(), account: None };
    let now = carillon_runtime::now();
    assert!(recipients(&w.desk).withdraw(&scope, "promotions", now, now).await.unwrap());
    later(queued.iter().map(|(delay, _)| delay + 1).max().unwrap());
    up.store(1, Ordering::Relaxed);
    w.desk.dynamo.calls().reset();
    w.desk.work(&w.sender, &[&queued[0].1, &queued[1].1]).await;
    assert_eq!(w.desk.dynamo.calls().count("Query"), 2, "only for marketing, and before a later attempt");
    let ann = w.desk.delivery(&jobs[0], "ann").await;
    assert_eq!((ann.state, ann.reason), (DeliveryState::Skipped, Some(Reason::NoConsent)));
    for (job, user) in [(&jobs[0], "bob"), (&jobs[1], "ann"), (&jobs[1], "bob")] {
        assert_eq!(w.desk.delivery(job, user).await.state, DeliveryState::Sent, "{user}");
    }
    assert_eq!(w.mails().len(), 7);
}

#[tokio::test]
async fn a_catalog_that_fails_is_asked_again_by_the_schedule() {
    let mut w = World::new().await;
    let ann = email("ann", ANN);
    w.sender = w.blind();
    let failure = Failure::new(Reason::Unavailable, "catalog");
    let expected = Outcome::Again { rest: ann.clone(), failure, provider_id: None };
    assert_eq!(w.send(json!({}), ann).await, expected);
    assert!(w.ses.asked().is_empty());
}

#[tokio::test]
async fn a_type_that_is_gone_since_goes_out_as_it_is() {
    let w = World::new().await;
    assert_eq!(w.send(json!({"type": "no_such_type", "title": "Hello"}), email("ann", ANN)).await, sent());
    assert_eq!(header(&w.mails()[0].1, "Subject").as_deref(), Some("Hello"));
}

#[tokio::test]
async fn what_cannot_be_begun_in_time_is_left() {
    let w = World::new().await;
    let ann = email("ann", ANN);
    let left = w.desk.ask(&w.sender, json!({}), ann.clone(), 14).await;
    assert_eq!(left, Outcome::Later { rest: ann });
    assert!(w.ses.asked().is_empty());
}

#[tokio::test]
async fn a_job_that_comes_again_is_sent_once() {
    let w = World::new().await;
    let job = w.desk.job(json!({}), vec![email("ann", ANN), email("bob", "bob@example.com")]).await;
    for _ in 0..2 {
        w.desk.work(&w.sender, &[&job, &job]).await;
    }
    assert_eq!(w.mails().len(), 2);
    let delivery = w.desk.delivery(&job, "ann").await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Sent, 1));
    assert_eq!(delivery.provider_id.as_deref(), Some("ses-1"));
}

#[tokio::test]
async fn what_ses_throttles_slows_down_and_all_arrive() {
    let left = AtomicUsize::new(5);
    let w = World::with(move |_| {
        let refused = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        refused.is_ok().then_some(Reply::Refuses(
            429,
            "TooManyRequestsException",
            "Maximum sending rate exceeded.",
        ))
    })
    .await;
    let all = |n: usize| (0..25).map(|i| email(&format!("u{n}.{i}"), ANN)).collect();
    let jobs = [w.desk.job(json!({}), all(0)).await, w.desk.job(json!({}), all(1)).await];
    w.desk.work(&w.sender, &[&jobs[0], &jobs[1]]).await;
    assert_eq!(w.mails().len(), 55);
    for (n, job) in jobs.iter().enumerate() {
        for i in 0..25 {
            assert_eq!(w.desk.delivery(job, &format!("u{n}.{i}")).await.state, DeliveryState::Sent);
        }
    }
    assert!(w.ses.most_at_once() <= 16, "{}", w.ses.most_at_once());
    assert!(w.desk.queued().is_empty(), "nobody had to come back");
}

#[tokio::test]
async fn while_ses_hangs_the_invocation_ends_and_all_come_back() {
    let w = World::with(|_| Some(Reply::Hangs)).await.impatient();
    let job = w.desk.job(json!({}), (0..25).map(|i| email(&format!("u{i}"), ANN)).collect()).await;
    w.desk.work(&w.sender, &[&job]).await;
    let back: usize = w.desk.queued().iter().map(|(_, again)| again.recipients.len()).sum();
    assert_eq!(back, 25);
    let delivery = w.desk.delivery(&job, "u0").await;
    assert_eq!((delivery.state, delivery.detail.as_deref()), (DeliveryState::Pending, Some("timeout")));
    assert_eq!(w.ses.most_at_once(), 16);
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_waited_for() {
    let up = Arc::new(AtomicUsize::new(0));
    let is_up = Arc::clone(&up);
    let w = World::with(move |_| {
        let refused = is_up.load(Ordering::Relaxed) == 0;
        refused.then_some(Reply::Refuses(429, "TooManyRequestsException", "Daily message quota exceeded."))
    })
    .await;
    let job = w.desk.job(json!({}), vec![email("ann", ANN)]).await;
    w.desk.work(&w.sender, &[&job]).await;
    assert_eq!(w.mails().len(), 1, "it is not asked again in a moment");
    let (delay, again) = w.desk.queued().remove(0);
    assert!((600..=720).contains(&delay), "{delay}");
    let delivery = w.desk.delivery(&job, "ann").await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Pending, 1));
    later(delay + 1);
    up.store(1, Ordering::Relaxed);
    w.desk.work(&w.sender, &[&again]).await;
    assert_eq!(w.desk.delivery(&job, "ann").await.state, DeliveryState::Sent);
}

#[tokio::test]
async fn an_email_costs_two_writes_and_a_read() {
    let w = World::new().await;
    let job = w.desk.job(json!({}), vec![email("ann", ANN)]).await;
    // The types are read once a minute.
    w.desk.work(&w.sender, &[&w.desk.job(json!({}), vec![email("bob", ANN)]).await]).await;
    w.desk.dynamo.calls().reset();
    w.desk.work(&w.sender, &[&job]).await;
    let calls = w.desk.dynamo.calls();
    assert_eq!((calls.count("UpdateItem"), calls.count("GetItem"), calls.total()), (2, 1, 3));
}

#[tokio::test]
async fn logs_do_not_tell_to_whom_or_what() {
    let w = World::with(|asked| {
        let no =
            Reply::Refuses(400, "MessageRejected", "Email address is not verified: hans@castorp.example");
        asked.body.contains("aGFuc0BjYXN0b3Jw").then_some(no)
    })
    .await;
    let broken = json!({"templates": {"email": {"subject": "{{ missing }}"}}});
    w.desk.document("type#payment_failed", &broken).await;
    let log = Log::default();
    let guard = log.capture();
    for kind in ["booking_confirmed", "payment_failed"] {
        let content = json!({"type": kind, "title": "Davos", "body": "seven years"});
        for address in ["hans@castorp.example", "h\u{e4}ns@castorp.example"] {
            let job = w.desk.job(content.clone(), vec![email("hans.castorp", address)]).await;
            w.desk.work(&w.sender, &[&job]).await;
        }
    }
    drop(guard);
    let text = log.text();
    assert!(
        text.contains("invalid_address") && text.contains("email.subject") && text.contains("given up"),
        "{text}"
    );
    for secret in ["castorp", "Davos", "seven", "ntf_"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
