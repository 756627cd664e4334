//! How deliveries end.

use carillon_domain::{Channel, DeliveryState, Feedback, Millis, NotificationId, ReadMarks, Reason};
use carillon_queue::Deliver;
use carillon_sender::{Failure, Outcome, Provider, Sending, work};
use carillon_store::Report;

use crate::support::{
    T0, TIMEOUT, Told, World, addressee, body, event, failure, now, run, sent, set_now, unavailable, world,
};

fn rejected() -> Failure {
    Failure { reason: Reason::Rejected, ..failure("INVALID_ARGUMENT") }
}

async fn one(w: &World) -> Deliver {
    w.job(vec![addressee("ann", &["a1", "a2"])]).await
}

#[test]
fn what_comes_twice_is_sent_once() {
    run(async {
        let w = world().await;
        let message = one(&w).await;
        let provider = Told::send();
        for _ in 0..2 {
            assert!(w.work(&provider, &[&message, &message]).await.is_empty());
        }
        assert_eq!(provider.count(), 2, "each device once");
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.attempts, push.until), (DeliveryState::Sent, 1, None));
        assert_eq!((push.provider_id.as_deref(), push.detail), (Some("p1"), None));
        // The double of the same moment was put off until the claim would have lapsed, and comes to nothing.
        let (double, again) = w.queue.only();
        assert_eq!((double.at, again.trace.attempt), (T0.plus_seconds(32), 0));
        set_now(double.at);
        assert!(w.work(&provider, &[&again]).await.is_empty());
        assert_eq!((provider.count(), w.queue.kept.borrow().len()), (2, 0));
    });
}

#[test]
fn what_the_provider_refuses_fails_with_a_dead_letter() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a"]), addressee("bob", &["b"])]).await;
        let provider = Told::to(|sending| match sending.addressee.user.as_str() {
            "ann" => Outcome::Failed(rejected()),
            _ => sent(),
        });
        assert!(w.work(&provider, &[&message]).await.is_empty());
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.reason), (DeliveryState::Failed, Some(Reason::Rejected)));
        assert_eq!((push.attempts, push.detail.as_deref()), (1, Some("INVALID_ARGUMENT")));
        let (letter, payload) = w.dead(&message, "ann").await.unwrap();
        assert_eq!((letter.note.reason, letter.note.attempts), (Reason::Rejected, 1));
        assert_eq!(
            (letter.note.type_key.as_str(), letter.note.detail.as_str()),
            ("app_update", "INVALID_ARGUMENT")
        );
        assert_eq!(payload.recipients, [message.recipients[0].clone()], "of that recipient only");
        assert_eq!(w.push(&message, "bob").await.state, DeliveryState::Sent);
        assert!(w.dead(&message, "bob").await.is_none());
    });
}

#[test]
fn what_was_reached_in_part_is_sent_whatever_becomes_of_the_rest() {
    run(async {
        let w = world().await;
        for (user, outcome, detail, letter) in [
            ("ann", Outcome::Failed(rejected()), Some("INVALID_ARGUMENT"), true),
            ("bob", Outcome::Skipped(Reason::NoAddress), None, false),
        ] {
            let mut message = w.job(vec![addressee(user, &["x"])]).await;
            message.recipients[0].reached = 2;
            let provider = Told::to(move |_| outcome.clone());
            assert!(w.work(&provider, &[&message]).await.is_empty());
            let push = w.push(&message, user).await;
            assert_eq!((push.state, push.reason), (DeliveryState::Sent, None), "{user}");
            assert_eq!(push.detail.as_deref(), detail);
            assert_eq!(w.dead(&message, user).await.is_some(), letter);
        }
        let message = w.job(vec![addressee("eve", &["x"])]).await;
        let provider = Told::to(|_| Outcome::Skipped(Reason::NoAddress));
        w.work(&provider, &[&message]).await;
        let push = w.push(&message, "eve").await;
        assert_eq!((push.state, push.reason), (DeliveryState::Skipped, Some(Reason::NoAddress)));
    });
}

/// Nobody hears what it answers in time, and then it tells that it sent.
struct Overtaken<'a>(&'a World);

impl Provider for Overtaken<'_> {
    async fn send(&self, sending: &Sending<'_>) -> Outcome {
        let report = Report { feedback: &Feedback::Sent, provider_id: "p9", at: now() };
        let (engine, id) = (&self.0.engine, &sending.stored.id);
        engine.inbox.feedback(&self.0.tenant, id, Channel::Push, report).await.unwrap();
        Outcome::Failed(failure("timeout"))
    }
}

#[test]
fn what_went_out_after_all_has_no_dead_letter() {
    run(async {
        let w = world().await;
        let message = one(&w).await;
        let (event, deadline) = (event(&[body(&message)]), now().plus_seconds(TIMEOUT));
        assert!(work(&w.engine, &Overtaken(&w), event, deadline).await.batch_item_failures.is_empty());
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.provider_id.as_deref()), (DeliveryState::Sent, Some("p9")));
        assert!(w.dead(&message, "ann").await.is_none());
    });
}

#[test]
fn what_expired_does_not_go_out() {
    run(async {
        let w = world().await;
        let message = one(&w).await;
        set_now(message.content.expires_at);
        let provider = Told::send();
        assert!(w.work(&provider, &[&message]).await.is_empty());
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.reason), (DeliveryState::Skipped, Some(Reason::Expired)));
        assert_eq!((push.attempts, provider.count()), (0, 0), "not tried");
    });
}

#[test]
fn what_would_expire_before_the_next_attempt_is_skipped_without_a_dead_letter() {
    run(async {
        let w = world().await;
        for later in [false, true] {
            let mut message = one(&w).await;
            message.content.expires_at = now().plus_seconds(1);
            let provider = Told::to(move |sending| match later {
                true => Outcome::Later { rest: sending.addressee.clone() },
                false => unavailable(sending),
            });
            assert!(w.work(&provider, &[&message]).await.is_empty());
            let push = w.push(&message, "ann").await;
            assert_eq!((push.state, push.reason), (DeliveryState::Skipped, Some(Reason::Expired)));
            assert!(w.queue.kept.borrow().is_empty() && w.dead(&message, "ann").await.is_none());
        }
    });
}

#[test]
fn what_the_user_has_dealt_with_is_not_tried_again() {
    run(async {
        let w = world().await;
        let changes =
            ["read", "read_all", "clicked", "opened", "archived", "snoozed", "nothing", "reached and read"];
        for change in changes {
            let first = one(&w).await;
            let provider = Told::to(unavailable);
            assert!(w.work(&provider, &[&first]).await.is_empty());
            let (kept, mut again) = w.queue.only();
            let (inbox, scope) = (&w.engine.inbox, w.scope("ann"));
            let id = NotificationId { ulid: first.ulid, user: scope.user.clone() };
            let later: Millis = now().plus_seconds(3_600);
            let marks = &ReadMarks::default();
            let done = match change {
                "read" | "reached and read" => inbox.mark_read(&scope, &id, now()).await.map(drop),
                "read_all" => inbox.read_all(&scope, now()).await.map(drop),
                "clicked" => inbox.mark_clicked(&scope, &id, marks, now()).await.map(drop),
                "opened" => inbox.mark_opened(&scope, &id, marks, now()).await.map(drop),
                "archived" => inbox.archive(&scope, &id, now()).await.map(drop),
                "snoozed" => inbox.snooze(&scope, &id, later, marks, now()).await.map(drop),
                _ => Ok(()),
            };
            done.unwrap();
            set_now(kept.at);
            again.recipients[0].reached = u32::from(change == "reached and read");
            let provider = Told::send();
            assert!(w.work(&provider, &[&again]).await.is_empty());
            let push = w.push(&first, "ann").await;
            let (sent, skipped) =
                ((DeliveryState::Sent, None), (DeliveryState::Skipped, Some(Reason::AlreadyRead)));
            let expected = match change {
                "nothing" => (2, sent, 2),
                "reached and read" => (0, sent, 1),
                _ => (0, skipped, 1),
            };
            assert_eq!((provider.count(), (push.state, push.reason), push.attempts), expected, "{change}");
        }
        // A first attempt asks nobody: whether it is news was decided just now.
        let first = one(&w).await;
        w.engine.inbox.read_all(&w.scope("ann"), now()).await.unwrap();
        let provider = Told::send();
        w.work(&provider, &[&first]).await;
        assert_eq!(provider.count(), 2);
    });
}

#[test]
fn what_is_deleted_or_cancelled_is_dropped() {
    run(async {
        let w = world().await;
        let (deleted, cancelled) = (one(&w).await, one(&w).await);
        let (inbox, scope) = (&w.engine.inbox, w.scope("ann"));
        let id = |message: &Deliver| NotificationId { ulid: message.ulid, user: scope.user.clone() };
        inbox.delete(&scope, &id(&deleted), T0).await.unwrap().unwrap();
        inbox.cancel_pending(&w.tenant, &id(&cancelled), T0).await.unwrap().unwrap();
        let provider = Told::send();
        assert!(w.work(&provider, &[&deleted, &cancelled]).await.is_empty());
        assert_eq!((provider.count(), w.queue.kept.borrow().len()), (0, 0));
        assert_eq!(w.push(&cancelled, "ann").await.state, DeliveryState::Cancelled);
    });
}

#[test]
fn a_panic_fails_its_record_and_harms_nobody_else() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a"]), addressee("bob", &["b"])]).await;
        let other = w.job(vec![addressee("eve", &["e"])]).await;
        let provider = Told::to(|sending| match sending.addressee.user.as_str() {
            "ann" => panic!("ann"),
            _ => sent(),
        });
        assert_eq!(w.work(&provider, &[&message, &other]).await, ["m0"]);
        for (message, user) in [(&message, "bob"), (&other, "eve")] {
            assert_eq!(w.push(message, user).await.state, DeliveryState::Sent, "{user}");
        }
        // It comes back, when its claim has lapsed.
        set_now(T0.plus_seconds(180));
        let provider = Told::send();
        assert!(w.work(&provider, &[&message]).await.is_empty());
        assert_eq!(*provider.tried.borrow(), ["a"]);
        assert_eq!(w.push(&message, "ann").await.state, DeliveryState::Sent);
    });
}

#[test]
fn what_is_not_this_channels_is_refused() {
    run(async {
        let w = world().await;
        let mut message = one(&w).await;
        message.channel = carillon_domain::Channel::Email;
        let provider = Told::send();
        assert_eq!(w.work(&provider, &[&message]).await, ["m0"]);
        assert_eq!(provider.count(), 0);
    });
}
