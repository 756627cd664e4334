//! Push by FCM, from the post to the device: what each device gets, and which devices stay.

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_fakes::{Seen, fcm_error};
use carillon_tests::{ids, now, text};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use crate::push_support::{ALWAYS, Phones, down};

/// With all there is to say. A key of the data is FCM's own.
fn everything() -> Value {
    json!({
        "title": "Table for two", "body": "Friday, 19:00", "collapse_key": "booking-7", "ttl_seconds": 600,
        "action_url": "https://shop.example/b/7", "image_url": "https://shop.example/7.png",
        "data": {"table": 7, "price": 1.5, "vip": null, "paid": true, "menu": {"courses": [1, null]}, "from": "shop"},
    })
}

/// A number of seconds in a text, which are what is left of ten minutes.
fn left(text: &Value, suffix: &str) -> Result<i64> {
    let seconds = text.as_str().and_then(|text| text.strip_suffix(suffix)).context("no seconds")?.parse()?;
    assert!((500..=600).contains(&seconds), "{text}");
    Ok(seconds)
}

#[tokio::test]
async fn every_device_of_whoever_is_offline_gets_the_message_once() -> Result<()> {
    let phones = Phones::of(&["old", "new", "tablet"]).await?;
    let id = phones.post("chat_message", &everything()).await?;
    let push = phones.push(&id, |push| push["state"] == "sent").await?;
    let trace = phones.shop.trace(&id).await?;
    assert_eq!(
        (&push["attempts"], &push["reason"], &trace["sent_via"]),
        (&json!(1), &json!(null), &json!("push"))
    );
    let provider_id = text(&push, "provider_id")?;
    assert!(provider_id.starts_with("projects/carillon-local/messages/"), "{provider_id}");

    let came = phones.came().await?;
    let mut tokens = Vec::new();
    let expires: jiff::Timestamp = text(&trace, "expires_at")?.parse()?;
    for seen in &came {
        // It answers 401 to a token that it has not issued.
        assert_eq!((seen.status, seen.version.as_str()), (Some(200), "HTTP/2.0"));
        assert_eq!(seen.path, "/fcm/v1/projects/carillon-local/messages:send");
        let message = &seen.json()["message"];
        tokens.push(text(message, "token")?.to_owned());
        let (ttl, web_ttl) = (&message["android"]["ttl"], &message["webpush"]["headers"]["TTL"]);
        assert_eq!(left(ttl, "s")?, left(web_ttl, "")?);
        let expected = json!({
            "token": message["token"],
            "notification": {
                "title": "Table for two", "body": "Friday, 19:00", "image": "https://shop.example/7.png",
            },
            "data": {
                "notification_id": id, "type": "chat_message", "deep_link": "https://shop.example/b/7",
                "table": "7", "price": "1.5", "vip": "null", "paid": "true", "menu": r#"{"courses":[1,null]}"#,
                "x_from": "shop",
            },
            "android": {
                "priority": "HIGH", "ttl": ttl, "collapse_key": "booking-7",
                "notification": {"channel_id": "high_importance_channel", "tag": "booking-7"},
            },
            "apns": {
                "headers": {
                    "apns-priority": "10", "apns-push-type": "alert",
                    "apns-expiration": expires.as_second().to_string(), "apns-collapse-id": "booking-7",
                },
                "payload": {"aps": {"sound": "default", "mutable-content": 1}},
            },
            "webpush": {
                "headers": {"TTL": web_ttl, "Urgency": "high", "Topic": "booking-7"},
                "notification": {"tag": "booking-7"}, "fcm_options": {"link": "https://shop.example/b/7"},
            },
            "fcm_options": {"analytics_label": "chat_message"},
        });
        assert_eq!(message, &expected);
    }
    tokens.sort();
    assert_eq!(tokens, ["new", "old", "tablet"].map(|name| phones.token(name)));
    Ok(())
}

#[tokio::test]
async fn of_ten_devices_the_dead_are_removed_and_the_busy_are_asked_again() -> Result<()> {
    let names: Vec<String> = (0..10).map(|n| format!("phone-{n}")).collect();
    let phones = Phones::of(&names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    for name in &names[0..3] {
        phones.order(phones.answers(name, fcm_error("UNREGISTERED"))).await?;
    }
    for name in &names[3..5] {
        phones.order(phones.answers(name, down(1)).times(1)).await?;
    }
    let id = phones.post("chat_message", &json!({})).await?;
    let push = phones.push(&id, |push| push["state"] == "sent").await?;
    assert_eq!(push["attempts"], 2);
    for (index, name) in names.iter().enumerate() {
        let expected = match index {
            0..3 => vec![Some(404)],
            3..5 => vec![Some(503), Some(200)],
            _ => vec![Some(200)],
        };
        assert_eq!(phones.statuses(name).await?, expected, "{name}");
    }
    assert_eq!(phones.came().await?.len(), 10 + 2);
    assert_eq!(phones.registered().await?, names[3..]);

    // The next one goes to those that are left.
    let next = phones.post("chat_message", &json!({})).await?;
    phones.push(&next, |push| push["state"] == "sent").await?;
    assert_eq!(phones.came().await?.len(), 12 + 7);
    Ok(())
}

#[tokio::test]
async fn a_device_that_is_none_of_ours_is_removed_too() -> Result<()> {
    for code in ["SENDER_ID_MISMATCH", "INVALID_TOKEN"] {
        let phones = Phones::of(&["gone", "kept"]).await?;
        phones.order(phones.answers("gone", fcm_error(code))).await?;
        let id = phones.post("chat_message", &json!({})).await?;
        phones.push(&id, |push| push["state"] == "sent").await?;
        assert_eq!(phones.registered().await?, ["kept"], "{code}");
        phones.order(phones.answers("kept", fcm_error(code))).await?;
        let id = phones.post("chat_message", &json!({})).await?;
        phones.push(&id, |push| push["state"] == "skipped" && push["reason"] == "no_address").await?;
        assert!(phones.registered().await?.is_empty(), "{code}");
        assert_eq!(phones.came().await?.len(), 3, "{code}");
        assert!(phones.dead_letters().await?.is_empty(), "{code}");
    }
    Ok(())
}

#[tokio::test]
async fn whoever_has_it_on_a_screen_is_not_pushed_unless_it_must_not_be_missed() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    let mut tab = phones.ann.connect().await?;
    let id = phones.post("chat_message", &json!({})).await?;
    assert_eq!(tab.expect("notification").await?["id"], json!(id));
    let push = phones.push(&id, |push| push["state"] == "skipped").await?;
    assert_eq!((&push["reason"], &push["attempts"]), (&json!("online_fallforward"), &json!(0)));
    assert_eq!(phones.shop.trace(&id).await?["sent_via"], "socket");
    assert!(phones.came().await?.is_empty());

    let always = phones.post(ALWAYS, &json!({})).await?;
    assert_eq!(tab.expect("notification").await?["id"], json!(always));
    phones.push(&always, |push| push["state"] == "sent").await?;
    assert_eq!(phones.shop.trace(&always).await?["sent_via"], "push");
    let came = phones.came().await?;
    assert_eq!(
        came.iter().map(|seen| seen.json()["message"]["data"]["notification_id"].clone()).collect::<Vec<_>>(),
        [always]
    );
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_gone_has_not_taken_it() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    let tab = phones.ann.connect().await?;
    let mut row = phones.tenant.connections("ann", 1).await?.pop().context("no row")?;
    tab.close();
    phones.tenant.connections("ann", 0).await?;
    // As if the disconnect had never been told.
    let (sk, long_ago) = (AttributeValue::S("gone-long-ago=".to_owned()), now().as_millisecond() - 60_000);
    row.extend([("sk".to_owned(), sk), ("connected_at".to_owned(), AttributeValue::N(long_ago.to_string()))]);
    phones.tenant.aws.put("Connections", row).await?;
    let id = phones.post("chat_message", &json!({})).await?;
    phones.push(&id, |push| push["state"] == "sent").await?;
    assert_eq!(phones.shop.trace(&id).await?["sent_via"], "push");
    assert_eq!(phones.statuses("phone").await?, [Some(200)]);
    assert_eq!(ids(&phones.ann.inbox().await?)?, [id]);
    Ok(())
}

#[tokio::test]
async fn of_fifty_recipients_each_gets_their_own_once() -> Result<()> {
    let phones = Phones::of(&[]).await?;
    let users: Vec<String> = (0..50).map(|n| format!("user-{n}")).collect();
    let register = async |user: &String| phones.register(&phones.tenant.user(user)?, user).await;
    // More at once would start more functions than a small machine can.
    futures::stream::iter(&users).map(Ok).try_for_each_concurrent(8, register).await?;
    let body = json!({"type": ALWAYS, "recipients": users, "title": "Open again"});
    let ids = phones.shop.post("/v1/notifications", &body).await?.ok()?["ids"].take();
    let came = phones.coming(users.len()).await?;
    for (user, id) in users.iter().zip(ids.as_array().context("no ids")?) {
        phones.push(id.as_str().unwrap_or_default(), |push| push["state"] == "sent").await?;
        let token = phones.token(user);
        let own = came.iter().map(Seen::json).find(|sent| sent["message"]["token"] == token.as_str());
        assert_eq!(own.context("nothing for a user")?["message"]["data"]["notification_id"], *id);
    }
    assert_eq!(phones.came().await?.len(), users.len());
    Ok(())
}
