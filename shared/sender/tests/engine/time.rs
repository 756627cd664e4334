//! What comes before its time.

use carillon_domain::DeliveryState;
use carillon_sender::{Failure, Outcome};

use crate::support::{T0, Told, addressee, failure, run, set_now, world};

#[test]
fn what_is_too_large_for_a_schedule_comes_early_and_waits_on() {
    run(async {
        let w = world().await;
        // The scheduler takes `<` only as an escape six times as long.
        for token in ["x".repeat(250_000), "<".repeat(50_000)] {
            set_now(T0);
            let message = w.job(vec![addressee("ann", &[&token])]).await;
            let provider = Told::to(|sending| {
                let failure = Failure { retry_after: Some(1_600), ..failure("429") };
                Outcome::Again { rest: sending.addressee.clone(), failure, provider_id: None }
            });
            assert!(w.work(&provider, &[&message]).await.is_empty());
            let until = w.push(&message, "ann").await.until.unwrap();
            let (first, early) = w.queue.only();
            assert_eq!((first.at, first.schedule), (T0.plus_seconds(900), None));
            let provider = Told::send();
            set_now(first.at);
            assert!(w.work(&provider, &[&early]).await.is_empty());
            assert_eq!((provider.count(), w.push(&message, "ann").await.until), (0, Some(until)));
            let (mut next, mut again) = w.queue.only();
            while next.at < until {
                set_now(next.at);
                assert!(w.work(&provider, &[&again]).await.is_empty());
                assert_eq!(provider.count(), 0);
                (next, again) = w.queue.only();
            }
            assert!((0..=2_000).contains(&(next.at.0 - until.0)), "{until} {}", next.at);
            set_now(next.at);
            assert!(w.work(&provider, &[&again]).await.is_empty());
            let push = w.push(&message, "ann").await;
            assert_eq!((push.state, push.attempts, provider.count()), (DeliveryState::Sent, 2, 1));
        }
    });
}
