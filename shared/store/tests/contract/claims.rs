use carillon_domain::{
    Channel, Decision, Delivery, DeliveryState, Millis, Notification, NotificationId, Reason,
};
use carillon_store::{Claim, Lease, Row, Turn};

use crate::states::Op;
use crate::support::{Fixture, T0, fixture, notification};

const LEASE: Millis = Millis(T0.0 + 30_000);

fn delivery(state: DeliveryState, attempts: u32, until: Option<Millis>) -> Delivery {
    Delivery { state, reason: None, attempts, at: T0, until, detail: None, provider_id: None }
}

async fn stored(f: &Fixture, push: Delivery) -> NotificationId {
    let mut one = notification("ann", None, T0, T0);
    one.deliveries.insert(Channel::Push, push);
    one.deliveries.insert(Channel::Email, Delivery::of(Channel::Email, Decision::Send, T0));
    f.put_as(&one).await
}

async fn get(f: &Fixture, id: &NotificationId) -> Box<Notification> {
    match f.inbox.get(&f.ann, id).await.unwrap() {
        Some(Row::Live(live)) => live,
        other => unreachable!("{other:?}"),
    }
}

async fn turn(f: &Fixture, id: &NotificationId, turn: Turn, now: Millis) -> Claim {
    f.inbox.claim(&f.ann.tenant, id, Channel::Push, turn, now.plus_seconds(30), now).await.unwrap()
}

async fn claim(f: &Fixture, id: &NotificationId, attempt: u32, now: Millis) -> Claim {
    turn(f, id, Turn { attempt, enqueued_at: now }, now).await
}

#[tokio::test]
async fn every_state_and_attempt_is_taken_busy_or_settled() {
    let f = fixture().await;
    let (pending, sending) = (DeliveryState::Pending, DeliveryState::Sending);
    let (lapsed, held) = (Some(T0), Some(T0.plus_millis(1)));
    let early = Some(T0.plus_millis(2_001)); // Its time is still to come.
    let taken = Some(None);
    let busy = Some(held);
    // State, attempts begun, until; which attempt claims; what it gets (None: nothing to do).
    let table = [
        (pending, 0, None, 0, taken),
        (pending, 1, held, 1, taken), // A queue's clock may be ahead of ours.
        (pending, 1, Some(T0.plus_millis(2_000)), 1, taken),
        (pending, 1, early, 1, Some(early)),
        (pending, 1, early, 0, None),
        (pending, 1, lapsed, 0, None),
        (pending, 0, None, 1, None),
        (pending, 2, None, 1, None),
        (sending, 1, lapsed, 0, taken), // Whoever had it died.
        (sending, 1, held, 0, busy),
        (sending, 1, lapsed, 1, taken), // Whoever had it enqueued this attempt and died.
        (sending, 1, held, 1, busy),
        (sending, 2, lapsed, 0, None),
        (sending, 2, held, 0, None),
        (sending, 1, lapsed, 2, None),
        (sending, 1, held, 2, None),
        (DeliveryState::Deferred, 0, held, 0, None),
        (DeliveryState::Sent, 1, None, 0, None),
        (DeliveryState::Sent, 1, None, 1, None),
        (DeliveryState::Delivered, 1, None, 0, None),
        (DeliveryState::Opened, 1, None, 0, None),
        (DeliveryState::Failed, 1, None, 0, None),
        (DeliveryState::Skipped, 0, None, 0, None),
        (DeliveryState::Bounced, 1, None, 0, None),
        (DeliveryState::Cancelled, 0, None, 0, None),
    ];
    for (state, begun, until, attempt, expected) in table {
        let before = Delivery { detail: Some("503".into()), ..delivery(state, begun, until) };
        let id = stored(&f, before.clone()).await;
        let got = claim(&f, &id, attempt, T0).await;
        let after = get(&f, &id).await;
        let case = (state, begun, until, attempt);
        match (expected, got) {
            (Some(None), Claim::Taken(row)) => {
                assert_eq!(row, after, "{case:?}: as it stands then");
                let (attempts, until) = (attempt + 1, Some(LEASE));
                let expected = Delivery { state: sending, attempts, until, ..before };
                assert_eq!(after.deliveries[&Channel::Push], expected, "{case:?}");
            }
            (Some(Some(until)), Claim::Busy(told)) => assert_eq!((told, case), (until, case)),
            (None, Claim::Settled) => assert_eq!(after.deliveries[&Channel::Push], before, "{case:?}"),
            (_, got) => unreachable!("{case:?}: {got:?}"),
        }
        assert_eq!(after.deliveries[&Channel::Email].state, pending, "the others are not touched");
    }
}

#[tokio::test]
async fn what_waits_for_a_time_is_not_for_a_message_from_before() {
    let f = fixture().await;
    let at = |seconds| T0.plus_seconds(seconds);
    // Until when it is pending, since T0; when the message was enqueued; whether it is taken.
    for (until, enqueued_at, taken) in [
        (Some(at(5)), at(-1), false),
        (Some(at(5)), T0, true),
        (Some(at(5)), at(1), true),
        (None, at(-1), true), // Decided by another's clock.
    ] {
        let id = stored(&f, delivery(DeliveryState::Pending, 0, until)).await;
        let got = turn(&f, &id, Turn { attempt: 0, enqueued_at }, at(9)).await;
        assert_eq!(matches!(got, Claim::Taken(_)), taken, "{until:?} {enqueued_at}");
        assert_eq!(got == Claim::Settled, !taken);
    }
}

#[tokio::test]
async fn what_is_not_there_is_settled_and_stays_so() {
    let f = fixture().await;
    let never = notification("ann", None, T0, T0).id;
    assert_eq!(claim(&f, &never, 0, T0).await, Claim::Settled);
    assert_eq!(f.inbox.get(&f.ann, &never).await.unwrap(), None, "no row is made");
    let without = f.put(T0).await;
    assert_eq!(claim(&f, &without, 0, T0).await, Claim::Settled, "its type has no such channel");

    let id = stored(&f, delivery(DeliveryState::Pending, 0, None)).await;
    assert!(matches!(claim(&f, &id, 0, T0).await, Claim::Taken(_)));
    f.inbox.delete(&f.ann, &id, T0).await.unwrap().unwrap();
    assert_eq!(claim(&f, &id, 0, LEASE).await, Claim::Settled);
    let lease = Lease { attempts: 1, until: LEASE };
    for id in [&id, &never] {
        let sent = delivery(DeliveryState::Sent, 1, None);
        let concluded = f.inbox.conclude(&f.ann.tenant, id, Channel::Push, lease, &sent).await.unwrap();
        assert!(!concluded);
    }
    assert!(matches!(f.inbox.get(&f.ann, &id).await.unwrap(), Some(Row::Gone(_))));
    assert_eq!(f.inbox.get(&f.ann, &never).await.unwrap(), None);
}

#[tokio::test]
async fn only_the_holder_concludes_and_once() {
    let f = fixture().await;
    let id = stored(&f, delivery(DeliveryState::Pending, 0, None)).await;
    let conclude = async |attempts, until, to: &Delivery| {
        let lease = Lease { attempts, until };
        f.inbox.conclude(&f.ann.tenant, &id, Channel::Push, lease, to).await.unwrap()
    };
    let sent = Delivery { provider_id: Some("p1".into()), ..delivery(DeliveryState::Sent, 1, None) };
    assert!(!conclude(1, LEASE, &sent).await, "nobody holds it");
    assert!(matches!(claim(&f, &id, 0, T0).await, Claim::Taken(_)));
    // It lapses and another takes it: the first comes too late.
    assert!(matches!(claim(&f, &id, 0, LEASE).await, Claim::Taken(_)));
    let second = LEASE.plus_seconds(30);
    assert!(!conclude(1, LEASE, &sent).await);
    assert!(!conclude(2, second, &sent).await);
    let pending =
        Delivery { detail: Some("503".into()), ..delivery(DeliveryState::Pending, 1, Some(second)) };
    assert!(conclude(1, second, &pending).await);
    assert!(!conclude(1, second, &sent).await, "concluded");
    assert_eq!(get(&f, &id).await.deliveries[&Channel::Push], pending);

    // The next attempt keeps what the former left, until it concludes.
    let Claim::Taken(row) = claim(&f, &id, 1, second).await else { unreachable!("not taken") };
    assert_eq!(row.deliveries[&Channel::Push].detail.as_deref(), Some("503"));
    let failed = Delivery { reason: Some(Reason::Rejected), ..delivery(DeliveryState::Failed, 2, None) };
    assert!(conclude(2, second.plus_seconds(30), &failed).await);
    assert_eq!(get(&f, &id).await.deliveries[&Channel::Push], failed);
}

#[tokio::test]
async fn a_push_that_is_opened_while_it_is_sent_stays_opened() {
    let f = fixture().await;
    let id = stored(&f, delivery(DeliveryState::Pending, 0, None)).await;
    assert!(matches!(claim(&f, &id, 0, T0).await, Claim::Taken(_)));
    f.op(&f.ann, Op::Opened, &id, T0).await.unwrap();
    let (lease, sent) = (Lease { attempts: 1, until: LEASE }, delivery(DeliveryState::Sent, 1, None));
    assert!(!f.inbox.conclude(&f.ann.tenant, &id, Channel::Push, lease, &sent).await.unwrap());
    assert_eq!(get(&f, &id).await.deliveries[&Channel::Push].state, DeliveryState::Opened);
    assert_eq!(claim(&f, &id, 1, LEASE).await, Claim::Settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_claim_at_once_one_has_it() {
    let f = fixture().await;
    for begun in [delivery(DeliveryState::Pending, 0, None), delivery(DeliveryState::Sending, 1, Some(T0))] {
        let id = stored(&f, begun).await;
        let claims = futures::future::join_all((0..20).map(|_| claim(&f, &id, 0, T0))).await;
        assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Taken(_))).count(), 1);
        assert_eq!(claims.iter().filter(|claim| **claim == Claim::Busy(LEASE)).count(), 19);
    }
}
