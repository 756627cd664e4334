//! Against the stand-ins for FCM and Google's OAuth, and a Secrets Manager.

mod secret;
mod token;

use std::time::Duration;

use carillon_domain::{Content, Millis, NotificationId, Reason};
use carillon_egress::{Client, Limits, Protocol};
use carillon_fakes::{Fault, Filter, Rule, Sink, fcm_error};
use futures::future::join_all;
use serde_json::json;

use super::{Fcm, LIMITS, Message, Target};
use crate::reached::Reached;
use crate::test_support::{World, failure, later, retry};
use crate::time_left::{self, TimeLeft};

fn message() -> Message {
    let content: Content = serde_json::from_value(json!({
        "type": "t", "category": "system", "priority": "normal", "title": "T", "expires_at": i64::MAX,
    }))
    .unwrap();
    let id = NotificationId::parse("ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u").unwrap();
    Message::new(&content, &id, carillon_runtime::now())
}

async fn send(fcm: &Fcm, token: &str, time: TimeLeft) -> Option<Reached> {
    fcm.send(&message(), Target::Token(token), time).await
}

/// To `t0`, `t1`, …, all at once.
async fn send_all(fcm: &Fcm, count: usize) -> Vec<Option<Reached>> {
    join_all((0..count).map(async |n| send(fcm, &format!("t{n}"), later()).await)).await
}

fn is_sent(reached: Option<&Option<Reached>>) -> bool {
    matches!(reached, Some(Some(Reached::Sent(Some(name)))) if name.starts_with("projects/carillon-local/messages/"))
}

/// By another clock, with all the time in the world.
fn by(clock: fn() -> Millis) -> TimeLeft {
    time_left::until(clock, Millis(i64::MAX))
}

#[tokio::test]
async fn fifty_devices_share_one_token_and_one_connection_each_to_google() {
    let world = World::new().await;
    let fcm = world.fcm();
    let reached = send_all(&fcm, 50).await;
    assert!(reached.iter().all(|reached| is_sent(Some(reached))), "{reached:?}");
    let (pushes, tokens) = (world.came(Sink::Fcm).await, world.came(Sink::Oauth).await);
    assert_eq!((pushes.len(), tokens.len()), (50, 1));
    let connection = pushes[0].connection;
    assert!(pushes.iter().chain(&tokens).all(|seen| seen.connection == connection), "both are one host here");
    assert_eq!(world.secrets.asked(), 1);
    send_all(&fcm, 2).await;
    assert_eq!(world.came(Sink::Oauth).await.len(), 1, "the token is kept");
    assert_eq!(world.secrets.asked(), 1, "so are the credentials");
}

#[tokio::test]
async fn what_fcm_refuses_is_told_for_what_it_is() {
    let world = World::new().await;
    let fcm = world.fcm();
    let rejected = |detail| Reached::Rejected(failure(Reason::Rejected, detail, None));
    let in_a_minute = httpdate(60);
    let table = [
        (fcm_error("UNREGISTERED"), Reached::Gone),
        (fcm_error("SENDER_ID_MISMATCH"), Reached::Gone),
        (fcm_error("INVALID_TOKEN"), Reached::Gone),
        (fcm_error("INVALID_ARGUMENT"), rejected("INVALID_ARGUMENT")),
        (fcm_error("THIRD_PARTY_AUTH_ERROR"), rejected("THIRD_PARTY_AUTH_ERROR")),
        (fcm_error("PERMISSION_DENIED"), rejected("PERMISSION_DENIED")),
        (fcm_error("QUOTA_EXCEEDED"), retry("QUOTA_EXCEEDED", Some(60))),
        (fcm_error("UNAVAILABLE").header("retry-after", "5"), retry("UNAVAILABLE", Some(5))),
        (fcm_error("INTERNAL"), retry("INTERNAL", None)),
    ];
    for (reply, expected) in table {
        world.order(Rule::of(Sink::Fcm).times(1).reply(reply)).await;
        assert_eq!(send(&fcm, "t", later()).await, Some(expected));
    }
    let dated = fcm_error("UNAVAILABLE").header("retry-after", in_a_minute);
    world.order(Rule::of(Sink::Fcm).times(1).reply(dated)).await;
    let Some(Reached::Retry(failure)) = send(&fcm, "t", later()).await else { panic!() };
    assert!(failure.retry_after.is_some_and(|seconds| (50..=60).contains(&seconds)), "{failure:?}");
    assert_eq!(world.came(Sink::Oauth).await.len(), 1, "none of these is about our token");
}

/// So many seconds from now, as HTTP writes it.
fn httpdate(seconds: i64) -> String {
    let at = carillon_runtime::now().plus_seconds(seconds);
    let at = Duration::from_millis(u64::try_from(at.0).unwrap());
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + at)
}

#[tokio::test]
async fn a_connection_that_breaks_harms_only_what_was_on_it() {
    let world = World::new().await;
    let fcm = world.fcm();
    send(&fcm, "first", later()).await;
    world.order(Rule::of(Sink::Fcm).containing("t0").times(1).fault(Fault::Reset)).await;
    let reached = send_all(&fcm, 3).await;
    assert_eq!(reached[0], Some(retry("connection_broken", None)));
    assert!(is_sent(reached.get(1)) && is_sent(reached.get(2)), "{reached:?}");
    world.order(Rule::of(Sink::Fcm).times(1).fault(Fault::Disconnect)).await;
    assert_eq!(send(&fcm, "t", later()).await, Some(retry("connection_broken", None)));
    assert!(is_sent(Some(&send(&fcm, "t", later()).await)), "the next has a new one");
}

#[tokio::test]
async fn without_time_nothing_is_begun() {
    let world = World::new().await;
    let fcm = world.fcm();
    let soon = || time_left::until(carillon_runtime::now, carillon_runtime::now().plus_millis(11_900));
    assert_eq!(send(&fcm, "t", soon()).await, None);
    assert_eq!(world.secrets.asked(), 0);
    send(&fcm, "t", later()).await;
    assert_eq!(send(&fcm, "late", soon()).await, None);
    let late = Filter::of(Sink::Fcm).containing("late");
    assert!(world.sinks.client().requests(&late).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_hangs_is_left() {
    let world = World::new().await;
    let fcm = world.fcm();
    let haste = Limits { total: Duration::from_millis(500), ..LIMITS };
    fcm.http.set(Client::new(&world.egress(), haste, Protocol::Http2).unwrap()).unwrap();
    world.order(Rule::of(Sink::Fcm).times(1).fault(Fault::Hang)).await;
    assert_eq!(send(&fcm, "t", later()).await, Some(retry("timeout", None)));
    assert!(is_sent(Some(&send(&fcm, "t", later()).await)));
    let nowhere = World::new().await;
    let fcm = nowhere.fcm();
    send(&fcm, "t", later()).await;
    drop(nowhere);
    assert!(matches!(send(&fcm, "t", later()).await, Some(Reached::Retry(_))));
}
