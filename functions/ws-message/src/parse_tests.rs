use serde_json::json;

use super::*;
use crate::resync::Position;

fn ann() -> UserId {
    UserId::parse("ann").unwrap()
}

fn id(user: &str) -> NotificationId {
    NotificationId {
        ulid: carillon_domain::mint(Millis(1_700_000_000_000)),
        user: UserId::parse(user).unwrap(),
    }
}

#[test]
fn a_frame_is_an_action_or_says_what_is_wrong() {
    let long = format!(r#"{{"action":"ping","timestamp":"{}"}}"#, "x".repeat(MAX_FRAME_BYTES));
    let bobs = json!({"action": "archive", "notification_id": id("bob"), "id": "a"}).to_string();
    let table = [
        ("{", "bad_json", None),
        ("", "bad_json", None),
        (long.as_str(), "frame_too_large", None),
        ("[]", "invalid_request", None),
        (r#"{"id":1}"#, "invalid_request", Some(json!(1))),
        (r#"{"action":"dance","id":"a"}"#, "unknown_action", Some(json!("a"))),
        (r#"{"action":["ping"],"id":1}"#, "invalid_request", Some(json!(1))),
        (r#"{"action":"ping","id":{}}"#, "invalid_request", None),
        (r#"{"action":"mark_read","id":2}"#, "invalid_request", Some(json!(2))),
        (r#"{"action":"mark_unread","id":2}"#, "invalid_request", Some(json!(2))),
        (r#"{"action":"archive","notification_id":[]}"#, "invalid_request", None),
        (r#"{"action":"mark_read","notification_id":"ntf_#"}"#, "not_found", None),
        (&bobs, "not_found", Some(json!("a"))),
        (r#"{"action":"bulk_read"}"#, "invalid_request", None),
        (r#"{"action":"bulk_read","notification_ids":[]}"#, "invalid_request", None),
        (r#"{"action":"bulk_read","notification_ids":"all","id":3}"#, "invalid_request", Some(json!(3))),
        (r#"{"action":"bulk_read","notification_ids":["ntf_#"]}"#, "invalid_request", None),
        (r#"{"action":"subscribe"}"#, "invalid_request", None),
        (r#"{"action":"subscribe","room":7}"#, "invalid_request", None),
        (r#"{"action":"unsubscribe","room":"kitchen"}"#, "invalid_request", None),
        (r#"{"action":"subscribe","room":"user:bob:sync","id":4}"#, "forbidden", Some(json!(4))),
        (r#"{"action":"resync","last_sync_at":"yesterday"}"#, "invalid_request", None),
        (r#"{"action":"resync","last_sync_at":5}"#, "invalid_request", None),
        (r#"{"action":"resync","after":"there","id":5}"#, "invalid_request", Some(json!(5))),
    ];
    for (frame, code, id) in table {
        let (refusal, given) = parse(frame, &ann()).unwrap_err();
        assert_eq!((refusal.code, given), (code, id), "{}", frame.get(..60).unwrap_or(frame));
    }
}

#[test]
fn the_clients_id_and_timestamp_come_back_as_they_were() {
    let request = parse(r#"{"action":"ping","id":"x","timestamp":1.5}"#, &ann()).unwrap();
    assert_eq!(request, Request { id: Some(json!("x")), action: Action::Ping { timestamp: json!(1.5) } });
    let request =
        parse(r#"{"action":"resync","last_sync_at":"2023-11-14T22:13:20Z","id":null}"#, &ann()).unwrap();
    let since = Wanted { since: Some(Millis(1_700_000_000_000)), position: None };
    assert_eq!(request, Request { id: None, action: Action::Resync(since) });
    let position = Position { began: Millis(5), after: carillon_domain::mint(Millis(4)) };
    let on = Wanted { position: Some(position), ..since };
    let frame = json!({"action": "resync", "last_sync_at": "2026-11-21T12:00:00Z", "after": on.to_string()});
    assert_eq!(parse(&frame.to_string(), &ann()).unwrap().action, Action::Resync(on));
}

#[test]
fn many_ids_are_taken_once_each_others_too_and_no_more_than_a_hundred() {
    let all: Vec<NotificationId> = (0..100).map(|_| id("ann")).collect();
    let ask = |ids: &[NotificationId]| {
        parse(&json!({"action": "bulk_read", "notification_ids": ids}).to_string(), &ann())
    };
    let bobs = id("bob");
    let thrice = [bobs.clone(), all[0].clone(), bobs.clone()];
    for (given, taken) in [(&all[..], &all[..]), (&thrice, &thrice[..2])] {
        let taken = Action::BulkRead { notification_ids: taken.to_vec() };
        assert_eq!(ask(given).unwrap().action, taken);
    }
    let (refusal, _) = ask(&[all, vec![id("ann")]].concat()).unwrap_err();
    assert_eq!(refusal.code, "invalid_request");
}

#[test]
fn every_action_is_called_what_it_was_asked_by() {
    let with =
        json!({"notification_id": id("ann"), "notification_ids": [id("ann")], "room": "user:ann:sync"});
    let names = [
        "ping",
        "mark_read",
        "mark_unread",
        "archive",
        "bulk_read",
        "read_all",
        "get_unread_count",
        "resync",
        "subscribe",
        "unsubscribe",
    ];
    for name in names {
        let mut frame = with.clone();
        frame["action"] = json!(name);
        assert_eq!(parse(&frame.to_string(), &ann()).unwrap().action.name(), name);
    }
}
