use carillon_domain::{
    Channel, Decision, Delivery, DeliveryState, Millis, Notification, NotificationId, Reason,
};
use carillon_store::{Advanced, Row, Step};

use crate::support::{Fixture, T0, fixture, notification};

fn at(state: DeliveryState, until: Option<Millis>) -> Delivery {
    Delivery { state, reason: None, attempts: 0, at: T0, until, detail: None, provider_id: None }
}

fn step(channel: Channel, from: &Delivery, to: Delivery) -> Step {
    Step { channel, expect: (from.state, from.until), to }
}

/// In the inbox, push deferred, email pending.
async fn stored(f: &Fixture) -> NotificationId {
    let mut one = notification("ann", None, T0, T0);
    one.deliveries.insert(Channel::Push, at(DeliveryState::Deferred, Some(T0.plus_seconds(60))));
    one.deliveries.insert(Channel::Email, Delivery::of(Channel::Email, Decision::Send, T0));
    f.put_as(&one).await
}

async fn get(f: &Fixture, id: &NotificationId) -> Box<Notification> {
    match f.inbox.get(&f.ann, id).await.unwrap() {
        Some(Row::Live(live)) => live,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn steps_are_made_all_or_none_and_each_once() {
    let f = fixture().await;
    let id = stored(&f).await;
    let before = get(&f, &id).await;
    let skipped = Delivery { reason: Some(Reason::AlreadyRead), ..at(DeliveryState::Skipped, None) };
    let steps = [
        step(Channel::Push, &before.deliveries[&Channel::Push], at(DeliveryState::Pending, None)),
        step(Channel::Email, &before.deliveries[&Channel::Email], skipped.clone()),
    ];
    let advance = async |steps: &[Step]| f.inbox.advance(&f.ann.tenant, &id, steps).await.unwrap();
    assert_eq!(advance(&[]).await, Advanced::Done);
    assert_eq!(advance(&steps).await, Advanced::Done);
    let after = get(&f, &id).await;
    assert_eq!(after.deliveries[&Channel::Push], at(DeliveryState::Pending, None));
    assert_eq!(after.deliveries[&Channel::Email], skipped);
    assert_eq!(after.deliveries[&Channel::InApp], before.deliveries[&Channel::InApp]);
    assert_eq!(after.unread, before.unread, "the inbox is not touched");
    let Advanced::Lost(Some(Row::Live(stands))) = advance(&steps).await else { unreachable!("made twice") };
    assert_eq!(stands, after, "the loser sees what stands there");
    let half = [
        step(Channel::Push, &after.deliveries[&Channel::Push], at(DeliveryState::Sending, None)),
        step(Channel::Email, &at(DeliveryState::Pending, None), at(DeliveryState::Sending, None)),
    ];
    assert!(matches!(advance(&half).await, Advanced::Lost(_)));
    assert_eq!(get(&f, &id).await, after, "none of them");
}

#[tokio::test]
async fn a_deferral_is_known_by_its_end() {
    let f = fixture().await;
    let id = stored(&f).await;
    let pending = at(DeliveryState::Pending, None);
    for (until, wins) in [(Some(T0.plus_seconds(59)), false), (Some(T0.plus_seconds(60)), true)] {
        let expect = (DeliveryState::Deferred, until);
        let step = Step { channel: Channel::Push, expect, to: pending.clone() };
        let advanced = f.inbox.advance(&f.ann.tenant, &id, &[step]).await.unwrap();
        assert_eq!(advanced == Advanced::Done, wins);
    }
}

#[tokio::test]
async fn nothing_late_brings_a_row_back() {
    let f = fixture().await;
    let id = stored(&f).await;
    let step = [step(Channel::Email, &at(DeliveryState::Pending, None), at(DeliveryState::Sending, None))];
    f.inbox.delete(&f.ann, &id, T0).await.unwrap().unwrap();
    let advanced = f.inbox.advance(&f.ann.tenant, &id, &step).await.unwrap();
    assert!(matches!(advanced, Advanced::Lost(Some(Row::Gone(_)))), "{advanced:?}");
    let never = notification("ann", None, T0, T0).id;
    let advanced = f.inbox.advance(&f.ann.tenant, &never, &step).await.unwrap();
    assert_eq!(advanced, Advanced::Lost(None));
    assert_eq!(f.inbox.get(&f.ann, &never).await.unwrap(), None);
    for id in [&id, &never] {
        assert_eq!(f.inbox.cancel_pending(&f.ann.tenant, id, T0).await.unwrap(), None);
    }
}

#[tokio::test]
async fn cancelling_takes_what_waits_and_leaves_the_rest() {
    let f = fixture().await;
    let id = stored(&f).await;
    let sending = at(DeliveryState::Sending, None);
    let claim = [step(Channel::Email, &at(DeliveryState::Pending, None), sending.clone())];
    assert_eq!(f.inbox.advance(&f.ann.tenant, &id, &claim).await.unwrap(), Advanced::Done);
    let later = T0.plus_seconds(1);
    let (told, channels) = f.inbox.cancel_pending(&f.ann.tenant, &id, later).await.unwrap().unwrap();
    assert_eq!(channels, [Channel::Push]);
    assert_eq!(told.deliveries[&Channel::Push], Delivery { at: later, ..at(DeliveryState::Cancelled, None) });
    assert_eq!(
        (&told.deliveries[&Channel::Email], told.deliveries[&Channel::InApp].state),
        (&sending, DeliveryState::Sent)
    );
    assert_eq!(get(&f, &id).await, told);
    let (_, again) = f.inbox.cancel_pending(&f.ann.tenant, &id, later).await.unwrap().unwrap();
    assert_eq!(again, []);
}

#[tokio::test]
async fn a_cancellation_and_the_senders_never_both_have_a_channel() {
    let f = fixture().await;
    for _ in 0..10 {
        let id = stored(&f).await;
        let claim =
            [step(Channel::Email, &at(DeliveryState::Pending, None), at(DeliveryState::Sending, None))];
        let (advanced, cancelled) = futures::future::join(
            f.inbox.advance(&f.ann.tenant, &id, &claim),
            f.inbox.cancel_pending(&f.ann.tenant, &id, T0),
        )
        .await;
        let (told, channels) = cancelled.unwrap().unwrap();
        let sent = advanced.unwrap() == Advanced::Done;
        assert!(channels.contains(&Channel::Push));
        assert_eq!(channels.contains(&Channel::Email), !sent);
        assert_eq!(get(&f, &id).await.deliveries, told.deliveries);
    }
}
