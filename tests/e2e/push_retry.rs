//! Push that does not get through at once.

use anyhow::Result;
use carillon_fakes::Seen;
use carillon_tests::{ids, text};
use serde_json::{Value, json};

use crate::push_senders::{Senders, done};
use crate::push_support::{ALWAYS, Phones, down, post};

#[tokio::test]
async fn while_fcm_is_down_all_else_goes_on_and_what_is_still_wanted_arrives_after_it() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    // Longer than the first pauses of the local run's own.
    let outage = phones.order(phones.answers("phone", down(3))).await?;
    let mut tab = phones.ann.connect().await?;
    let short = phones.post(ALWAYS, &json!({"ttl_seconds": 8})).await?;
    let long = phones.post(ALWAYS, &json!({})).await?;
    for id in [&short, &long] {
        tab.expect_where("notification", |data| data["id"] == json!(id)).await?;
    }
    let mut stored = ids(&phones.ann.inbox_of(2).await?)?;
    stored.sort();
    assert_eq!(stored, [short.clone(), long.clone()]);

    let waits = |push: &Value| push["state"] == "pending" && push["attempts"].as_u64() > Some(0);
    let waiting = phones.push(&long, waits).await?;
    assert_eq!((&waiting["detail"], &waiting["reason"]), (&json!("UNAVAILABLE"), &json!(null)));
    let [at, until]: [jiff::Timestamp; 2] =
        [text(&waiting, "at")?.parse()?, text(&waiting, "until")?.parse()?];
    assert!((2..=4).contains(&(until.as_second() - at.as_second())), "as FCM asked: {waiting}");
    assert_eq!(phones.shop.trace(&long).await?["sent_via"], json!(null));
    phones.shop.delivery(&short, "push", "skipped: expired").await?;

    phones.tenant.sinks().withdraw(outage).await?;
    let sent = phones.push(&long, |push| push["state"] == "sent").await?;
    let answers = |id: &str, came: &[Seen]| -> Vec<Option<u16>> {
        let own = came.iter().filter(|seen| seen.json()["message"]["data"]["notification_id"] == *id);
        own.map(|seen| seen.status).collect()
    };
    let came = phones.came().await?;
    let mut tried = answers(&long, &came);
    assert_eq!((json!(tried.len()), tried.pop()), (sent["attempts"].clone(), Some(Some(200))));
    assert!(tried.iter().chain(&answers(&short, &came)).all(|status| *status == Some(503)), "{came:#?}");
    assert!(phones.dead_letters().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn nothing_is_tried_again_when_it_will_have_expired() -> Result<()> {
    let phones = Phones::of(&["phone", "other"]).await?;
    phones.order(phones.answers("phone", down(3_600))).await?;
    phones.order(phones.answers("other", down(3_600)).times(1)).await?;
    let none = phones.post("chat_message", &json!({"ttl_seconds": 120})).await?;
    let push = phones.push(&none, |push| push["state"] == "skipped").await?;
    assert_eq!((&push["reason"], &push["attempts"]), (&json!("expired"), &json!(1)));
    // One of two has it: that is sent.
    let one = phones.post("chat_message", &json!({"ttl_seconds": 120})).await?;
    assert_eq!(phones.push(&one, |push| push["state"] == "sent").await?["detail"], "UNAVAILABLE");
    assert_eq!(phones.came().await?.len(), 4);
    assert!(phones.dead_letters().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn whoever_has_seen_to_it_before_the_next_attempt_is_left_alone() -> Result<()> {
    let phones = Phones::of(&[]).await?;
    let users = ["ann", "bob", "eve", "zoe"];
    let mut bodies = Vec::new();
    for user in users {
        phones.register(&phones.tenant.user(user)?, user).await?;
        phones.order(phones.answers(user, down(1)).times(1)).await?;
        bodies.push(post(ALWAYS, user, &json!({})));
    }
    let senders = Senders::of(&phones.tenant).await?;
    let (jobs, sender) = (senders.jobs(&bodies).await?, senders.sender().start().await?);
    for (_, job) in &jobs {
        done(&sender, job).await?;
    }
    for ((user, (id, _)), action) in users.iter().zip(&jobs).zip(["read", "archive"]) {
        let user = phones.tenant.user(user)?;
        user.act(&user.path(id, action)).await?.ok()?;
    }
    phones.tenant.user("eve")?.act("/api/notifications/read-all").await?.ok()?;
    for _ in users {
        done(&sender, &senders.queue.receive().await?).await?;
    }
    for (user, (id, _)) in users.iter().zip(&jobs) {
        let (outcome, tried) = match *user {
            "zoe" => ("sent", vec![Some(503), Some(200)]),
            _ => ("skipped: already_read", vec![Some(503)]),
        };
        phones.shop.delivery(id, "push", outcome).await?;
        assert_eq!(phones.statuses(user).await?, tried, "{user}");
    }
    Ok(())
}
