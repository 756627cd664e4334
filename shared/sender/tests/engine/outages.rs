//! The store fails when something has gone out already.

use std::borrow::Cow;

use carillon_domain::{DeliveryState, Reason, RetrySchedule};
use carillon_sender::Outcome;
use carillon_store::{Inbox, Ledger};
use carillon_testkit::{Fault, FaultProxy};

use crate::support::{T0, TIMEOUT, Told, addressee, devices, failure, now, run, set_now, tokens, world};

#[test]
fn what_went_out_is_noted_although_the_store_fails_for_a_moment() {
    run(async {
        let mut w = world().await;
        let message = w.job(vec![addressee("ann", &["a"]), addressee("bob", &["b"])]).await;
        let proxy = FaultProxy::start(w.dynamo.endpoint()).await.unwrap();
        w.engine.inbox = Inbox::new(w.through(&proxy), w.dynamo.table("Inbox"));
        // After both claims.
        proxy.on("UpdateItem", 3, Fault::Status(500));
        let provider = Told::send();
        assert!(w.work(&provider, &[&message]).await.is_empty());
        assert_eq!((provider.count(), proxy.count("UpdateItem")), (2, 5));
        for user in ["ann", "bob"] {
            assert_eq!(w.push(&message, user).await.state, DeliveryState::Sent, "{user}");
        }
    });
}

#[test]
fn a_dead_letter_is_written_although_the_store_fails_for_a_moment() {
    run(async {
        let mut w = world().await;
        let message = w.job(vec![addressee("ann", &["a"])]).await;
        let proxy = FaultProxy::start(w.dynamo.endpoint()).await.unwrap();
        w.engine.ledger = Ledger::new(w.through(&proxy), w.dynamo.table("Ledger"));
        proxy.on("TransactWriteItems", 1, Fault::Status(500));
        let provider = Told::to(|_| Outcome::Failed(failure("400")));
        assert!(w.work(&provider, &[&message]).await.is_empty());
        assert_eq!(w.push(&message, "ann").await.state, DeliveryState::Failed);
        assert!(w.dead(&message, "ann").await.is_some());
    });
}

#[test]
fn who_was_reached_is_not_sent_it_again_because_a_dead_letter_could_not_be_written() {
    run(async {
        let mut w = world().await;
        w.engine.schedule = RetrySchedule { delays: Cow::Borrowed(&[]), ..RetrySchedule::PUSH };
        let message = w.job(vec![addressee("ann", &["a1", "a2"])]).await;
        let proxy = FaultProxy::start(w.dynamo.endpoint()).await.unwrap();
        let failing = Ledger::new(w.through(&proxy), w.dynamo.table("Ledger"));
        let ledger = std::mem::replace(&mut w.engine.ledger, failing);
        proxy.on("TransactWriteItems", 1, Fault::Status(500));
        let partly = || {
            Told::to(|sending| {
                // There is no time to try anything again.
                set_now(now().plus_seconds(TIMEOUT - 1));
                let mut rest = sending.addressee.clone();
                let reached = tokens(&rest.address).iter().any(|token| token == "a1");
                (rest.address, rest.reached) = (devices(&["a2"]), rest.reached + u32::from(reached));
                Outcome::Again { rest, failure: failure("503"), provider_id: None }
            })
        };
        assert!(w.work(&partly(), &[&message]).await.is_empty());
        let (kept, again) = w.queue.only();
        assert_eq!(
            (tokens(&again.recipients[0].address), again.recipients[0].reached),
            (vec!["a2".into()], 1)
        );
        assert_eq!((again.trace.attempt, w.push(&message, "ann").await.attempts), (0, 0));
        w.engine.ledger = ledger;
        set_now(kept.at);
        let provider = partly();
        assert!(w.work(&provider, &[&again]).await.is_empty());
        assert_eq!(*provider.tried.borrow(), ["a2"]);
        assert_eq!(w.push(&message, "ann").await.state, DeliveryState::Sent);
        let (letter, left) = w.dead(&message, "ann").await.unwrap();
        assert_eq!(letter.note.reason, Reason::Unavailable);
        assert_eq!(tokens(&left.recipients[0].address), ["a2"]);

        // Whom nothing has reached comes back as a whole.
        set_now(T0);
        let other = w.job(vec![addressee("bob", &["b"])]).await;
        w.engine.ledger = Ledger::new(w.through(&proxy), w.dynamo.table("Ledger"));
        proxy.on("TransactWriteItems", 1, Fault::Status(500));
        assert_eq!(w.work(&partly(), &[&other]).await, ["m0"]);
    });
}
