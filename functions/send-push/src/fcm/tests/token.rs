//! One access token for all.

use carillon_fakes::{Fault, Rule, Sink, fcm_error, oauth_error};

use super::{by, is_sent, send, send_all};
use crate::test_support::{World, later, retry};

#[tokio::test]
async fn five_at_once_with_a_token_that_is_no_good_refresh_it_once() {
    let world = World::new().await;
    let fcm = world.fcm();
    send(&fcm, "first", later()).await;
    world.sinks.client().revoke_tokens().await.unwrap();
    let reached = send_all(&fcm, 5).await;
    assert!(reached.iter().all(|reached| is_sent(Some(reached))), "{reached:?}");
    assert_eq!(world.came(Sink::Oauth).await.len(), 2, "the first, and one refresh");
    assert_eq!(world.came(Sink::Fcm).await.len(), 1 + 5 + 5, "each was repeated once");
}

#[tokio::test]
async fn five_at_once_with_an_expired_token_refresh_it_once() {
    let world = World::new().await;
    let fcm = world.fcm();
    // A token holds for an hour, less five minutes.
    send(&fcm, "first", by(|| carillon_runtime::now().plus_seconds(-3_310))).await;
    send(&fcm, "fresh", by(|| carillon_runtime::now().plus_seconds(-60))).await;
    assert_eq!(world.came(Sink::Oauth).await.len(), 1);
    let reached = send_all(&fcm, 5).await;
    assert!(reached.iter().all(|reached| is_sent(Some(reached))), "{reached:?}");
    assert_eq!(world.came(Sink::Oauth).await.len(), 2);
}

#[tokio::test]
async fn a_refused_refresh_is_told_to_all_who_wait_and_not_kept() {
    let world = World::new().await;
    let fcm = world.fcm();
    world.order(Rule::of(Sink::Oauth).times(1).reply(oauth_error("invalid_grant"))).await;
    let expected = retry("oauth invalid_grant", None);
    assert_eq!(send_all(&fcm, 5).await, vec![Some(expected); 5]);
    assert_eq!(world.came(Sink::Oauth).await.len(), 1, "five waited for one");
    assert!(is_sent(send_all(&fcm, 1).await.first()));
    let table = [
        (Rule::of(Sink::Oauth).status(503).header("retry-after", "7"), retry("oauth 503", Some(7))),
        (Rule::of(Sink::Oauth).reply(oauth_error("invalid_client")), retry("oauth invalid_client", None)),
        (Rule::of(Sink::Oauth).fault(Fault::Reset), retry("oauth connection_broken", None)),
    ];
    for (rule, expected) in table {
        world.sinks.client().revoke_tokens().await.unwrap();
        world.order(rule.times(1)).await;
        assert_eq!(send(&fcm, "t", later()).await, Some(expected));
    }
}

#[tokio::test]
async fn a_token_that_stays_refused_is_refreshed_once_and_tried_later() {
    let world = World::new().await;
    let fcm = world.fcm();
    world.order(Rule::of(Sink::Fcm).reply(fcm_error("UNAUTHENTICATED"))).await;
    assert_eq!(send(&fcm, "t", later()).await, Some(retry("UNAUTHENTICATED", None)));
    assert_eq!((world.came(Sink::Fcm).await.len(), world.came(Sink::Oauth).await.len()), (2, 2));
}
