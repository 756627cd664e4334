//! Part of a recipient is refused for good, the rest is tried again.

use carillon_domain::{DeliveryState, Reason};
use carillon_queue::{Addressee, Refused};
use carillon_sender::Outcome;

use crate::support::{Told, addressee, devices, failure, now, run, set_now, tokens, unavailable, world};

/// Nothing has it yet, and `a1` never will.
fn refused() -> Addressee {
    let (reason, detail) = (Reason::Rejected, String::from("INVALID_ARGUMENT"));
    let refused = Refused { reason, detail, address: devices(&["a1"]) };
    Addressee { refused: Some(Box::new(refused)), ..addressee("ann", &["a2"]) }
}

#[test]
fn what_was_refused_is_how_it_ends_if_nothing_was_reached() {
    run(async {
        let w = world().await;
        for end in ["gone", "expired", "too late", "sent"] {
            let mut message = w.job(vec![refused()]).await;
            let provider = match end {
                "gone" => Told::to(|_| Outcome::Skipped(Reason::NoAddress)),
                "sent" => Told::send(),
                _ => Told::to(unavailable),
            };
            match end {
                "expired" => set_now(message.content.expires_at),
                "too late" => message.content.expires_at = now().plus_seconds(1),
                _ => {}
            }
            assert!(w.work(&provider, &[&message]).await.is_empty());
            let push = w.push(&message, "ann").await;
            let dead = w.dead(&message, "ann").await;
            if end == "sent" {
                assert_eq!((push.state, dead), (DeliveryState::Sent, None));
                continue;
            }
            assert_eq!((push.state, push.reason), (DeliveryState::Failed, Some(Reason::Rejected)), "{end}");
            assert_eq!(push.detail.as_deref(), Some("INVALID_ARGUMENT"));
            let (letter, left) = dead.unwrap();
            assert_eq!(
                (letter.note.reason, letter.note.detail.as_str()),
                (Reason::Rejected, "INVALID_ARGUMENT")
            );
            assert_eq!(tokens(&left.recipients[0].address), ["a2", "a1"], "all that it would have to reach");
        }
    });
}

#[test]
fn it_is_carried_from_attempt_to_attempt() {
    run(async {
        let w = world().await;
        let message = w.job(vec![refused()]).await;
        assert!(w.work(&Told::to(unavailable), &[&message]).await.is_empty());
        let (kept, again) = w.queue.only();
        assert_eq!(again.recipients, message.recipients);
        set_now(kept.at);
        let provider = Told::to(|_| Outcome::Failed(failure("400")));
        assert!(w.work(&provider, &[&again]).await.is_empty());
        let (_, left) = w.dead(&message, "ann").await.unwrap();
        assert_eq!(tokens(&left.recipients[0].address), ["a2", "a1"]);
        assert_eq!(left.recipients[0].refused, None);
    });
}
