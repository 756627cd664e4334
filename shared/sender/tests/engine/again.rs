//! What is left for later.

use carillon_domain::{DeliveryState, Reason, RetrySchedule};
use carillon_sender::{Failure, Outcome};

use crate::queue::{Next, attempts};
use crate::support::{
    T0, TIMEOUT, Told, addressee, body, devices, failure, now, run, set_now, tokens, unavailable, world,
};

#[test]
fn only_what_failed_is_tried_again() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a1", "a2", "a3"]), addressee("bob", &["b1"])]).await;
        let provider = Told::to(|sending| match sending.addressee.user.as_str() {
            "ann" => {
                let mut rest = sending.addressee.clone();
                rest.address = devices(&["a2"]);
                rest.reached += 2;
                let (failure, provider_id) = (failure("503"), Some(String::from("p0")));
                Outcome::Again { rest, failure, provider_id }
            }
            _ => Outcome::Sent { provider_id: None, detail: None },
        });
        assert!(w.work(&provider, &[&message]).await.is_empty());
        let (kept, again) = w.queue.only();
        assert!((T0.plus_seconds(8)..=T0.plus_seconds(12)).contains(&kept.at), "{}", kept.at);
        assert_eq!((again.trace.attempt, again.recipients.len()), (1, 1));
        assert_eq!(
            (&again.tenant, again.ulid, &again.content),
            (&message.tenant, message.ulid, &message.content)
        );
        assert_eq!(
            (tokens(&again.recipients[0].address), again.recipients[0].reached),
            (vec!["a2".into()], 2)
        );
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.attempts, push.until), (DeliveryState::Pending, 1, Some(kept.at)));
        assert_eq!((push.detail.as_deref(), push.provider_id.as_deref()), (Some("503"), Some("p0")));

        set_now(kept.at);
        let provider = Told::send();
        assert!(w.work(&provider, &[&again, &message]).await.is_empty());
        assert_eq!(*provider.tried.borrow(), ["a2"], "the first message comes to nothing");
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.attempts, push.until), (DeliveryState::Sent, 2, None));
        assert_eq!((push.detail, push.provider_id.as_deref()), (None, Some("p0")), "the first that went out");
        assert!(w.queue.kept.borrow().is_empty());
    });
}

#[test]
fn what_is_never_taken_ends_as_a_dead_letter_after_all_attempts() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a1"]), addressee("bob", &["b1"])]).await;
        let provider = Told::to(|sending| match sending.addressee.user.as_str() {
            "ann" => unavailable(sending),
            _ => {
                let mut rest = sending.addressee.clone();
                rest.reached = 1;
                Outcome::Again { rest, failure: failure("429"), provider_id: Some("p".into()) }
            }
        });
        let mut messages = vec![message.clone()];
        let mut rounds = 0;
        while !messages.is_empty() {
            assert!(w.work(&provider, &messages.iter().collect::<Vec<_>>()).await.is_empty());
            rounds += 1;
            let kept = std::mem::take(&mut *w.queue.kept.borrow_mut());
            for one in &kept {
                assert_eq!(one.schedule.is_some(), one.at.0 - now().0 > 900_000, "more than SQS can delay");
            }
            let last = kept.iter().map(|one| one.at).max().unwrap_or(now());
            set_now(last);
            messages = kept
                .iter()
                .map(|one| match serde_json::from_str(&one.body).unwrap() {
                    carillon_queue::DeliveryMessage::V1(message) => *message,
                    other @ (carillon_queue::DeliveryMessage::Direct(_)
                    | carillon_queue::DeliveryMessage::Topics(_)) => {
                        panic!("{other:?}")
                    }
                })
                .collect();
        }
        let tries = RetrySchedule::PUSH.delays.len() + 1;
        assert_eq!((rounds, provider.count()), (tries, 2 * tries));
        let (ann, bob) = (w.push(&message, "ann").await, w.push(&message, "bob").await);
        assert_eq!((ann.state, ann.reason), (DeliveryState::Failed, Some(Reason::Unavailable)));
        assert_eq!((ann.attempts as usize, ann.detail.as_deref()), (tries, Some("503")));
        assert_eq!(
            (bob.state, bob.detail.as_deref()),
            (DeliveryState::Sent, Some("429")),
            "one device has it"
        );
        for (user, token) in [("ann", "a1"), ("bob", "b1")] {
            let (letter, left) = w.dead(&message, user).await.unwrap();
            assert_eq!((letter.note.attempts as usize, letter.note.reason), (tries, Reason::Unavailable));
            assert_eq!(tokens(&left.recipients[0].address), [token]);
        }
    });
}

#[test]
fn the_provider_may_ask_for_more_time() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a"])]).await;
        let provider = Told::to(|sending| {
            let failure = Failure { retry_after: Some(3_600), ..failure("429") };
            Outcome::Again { rest: sending.addressee.clone(), failure, provider_id: None }
        });
        w.queue.next.set(Next::TakeAndHang);
        let bodies = [body(&message)];
        tokio::select! {
            _ = w.invoke(&provider, &bodies) => unreachable!("it hangs"),
            () = w.queue.hung.notified() => {}
        }
        let (kept, again) = w.queue.only();
        let asked = T0.plus_seconds(3_600)..=T0.plus_seconds(3_600 * 6 / 5);
        assert!(asked.contains(&kept.at) && kept.schedule.is_some(), "{}", kept.at);
        // The row was never told, but the schedule takes over.
        set_now(kept.at);
        assert!(w.work(&Told::send(), &[&again]).await.is_empty());
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.attempts), (DeliveryState::Sent, 2));
    });
}

#[test]
fn what_there_was_no_time_for_is_no_attempt() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a1", "a2"])]).await;
        let provider = Told::to(|sending| {
            let mut rest = sending.addressee.clone();
            (rest.address, rest.reached) = (devices(&["a2"]), 1);
            Outcome::Later { rest }
        });
        assert!(w.work(&provider, &[&message]).await.is_empty());
        let (kept, again) = w.queue.only();
        assert!((T0.plus_seconds(2)..=T0.plus_seconds(4)).contains(&kept.at));
        assert_eq!((again.trace.attempt, again.recipients[0].reached), (0, 1));
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.attempts), (DeliveryState::Pending, 0));
        set_now(kept.at);
        let provider = Told::send();
        assert!(w.work(&provider, &[&again]).await.is_empty());
        assert_eq!(*provider.tried.borrow(), ["a2"]);
        assert_eq!(w.push(&message, "ann").await.attempts, 1);
    });
}

#[test]
fn a_double_waits_until_the_claim_lapses_and_takes_over_if_its_holder_died() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a"])]).await;
        let dying = Told::send();
        dying.hang.set(true);
        let bodies = [body(&message)];
        tokio::select! {
            _ = w.invoke(&dying, &bodies) => unreachable!("it hangs"),
            () = dying.hung.notified() => {}
        }
        set_now(T0.plus_seconds(1));
        let provider = Told::send();
        assert!(w.work(&provider, &[&message]).await.is_empty());
        assert_eq!(provider.count(), 0);
        let (kept, again) = w.queue.only();
        assert_eq!((kept.at, again.trace.attempt), (T0.plus_seconds(TIMEOUT + 2), 0));
        set_now(kept.at);
        assert!(w.work(&provider, &[&again]).await.is_empty());
        assert_eq!(provider.count(), 1);
        let push = w.push(&message, "ann").await;
        assert_eq!((push.state, push.attempts), (DeliveryState::Sent, 1));
    });
}

#[test]
fn what_cannot_be_enqueued_fails_its_record_alone_and_is_sent_when_it_comes_back() {
    run(async {
        let w = world().await;
        let message = w.job(vec![addressee("ann", &["a"]), addressee("bob", &["b"])]).await;
        let provider = Told::to(|sending| match sending.addressee.user.as_str() {
            "ann" => unavailable(sending),
            _ => Outcome::Sent { provider_id: None, detail: None },
        });
        w.queue.next.set(Next::Refuse);
        assert_eq!(w.work(&provider, &[&message]).await, ["m0"]);
        assert!(w.queue.kept.borrow().is_empty());
        assert_eq!(w.push(&message, "ann").await.state, DeliveryState::Sending);
        assert_eq!(w.push(&message, "bob").await.state, DeliveryState::Sent);
        set_now(T0.plus_seconds(180));
        let provider = Told::send();
        assert!(w.work(&provider, &[&message]).await.is_empty());
        assert_eq!(*provider.tried.borrow(), ["a"]);
        assert_eq!(w.push(&message, "ann").await.state, DeliveryState::Sent);
    });
}

#[test]
fn those_who_wait_equally_long_share_a_message() {
    run(async {
        let w = world().await;
        let users: Vec<String> = (0..25).map(|i| format!("u{i}")).collect();
        let message = w.job(users.iter().map(|user| addressee(user, &[user])).collect()).await;
        assert!(w.work(&Told::to(unavailable), &[&message]).await.is_empty());
        let kept = w.queue.kept.borrow().clone();
        assert_eq!(attempts(&kept), [(1, 25)].into());
        assert_eq!(kept.len(), 1);
    });
}
