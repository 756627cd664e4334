//! Web Push, read by an independent implementation of what browsers and push services do.

use anyhow::{Result, ensure};
use carillon_fakes::{Filter, Rule, Seen, Sink};
use carillon_tests::{DEADLINE, now, python, text};
use serde_json::{Value, json};

use crate::push_support::Phones;

const PROGRAM: &str = "web_push.py";

/// Ann's browsers.
pub(crate) struct Browsers {
    pub(crate) phones: Phones,
    /// Name and keys, the private one too.
    browsers: Vec<(String, Value)>,
}

impl Browsers {
    pub(crate) async fn of(names: &[&str]) -> Result<Self> {
        let phones = Phones::of(&[]).await?;
        let mut browsers = Vec::new();
        for name in names {
            let keys = python(PROGRAM, "keys", &json!({})).await?;
            let endpoint = format!("{}/web-push/{}", phones.tenant.stack.sinks_url, phones.token(name));
            let own = json!({"endpoint": endpoint, "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}});
            let body = json!({"subscription": own, "device_id": name});
            phones.ann.post("/api/push/register", &body).await?.ok()?;
            browsers.push(((*name).to_owned(), keys));
        }
        Ok(Self { phones, browsers })
    }

    /// The push service's answers to the next messages for one of them.
    fn answers(&self, name: &str, status: u16) -> Rule {
        Rule::of(Sink::WebPush).containing(&self.phones.token(name)).status(status)
    }

    async fn came(&self, name: &str) -> Result<Vec<Seen>> {
        self.phones.tenant.sinks().requests(&self.filter(name)).await
    }

    fn filter(&self, name: &str) -> Filter {
        Filter::of(Sink::WebPush).containing(&self.phones.token(name))
    }

    async fn statuses(&self, name: &str) -> Result<Vec<Option<u16>>> {
        Ok(self.came(name).await?.iter().map(|seen| seen.status).collect())
    }

    /// What a browser reads of what came for it, and who sent it.
    async fn read(&self, name: &str, seen: &Seen) -> Result<Value> {
        let keys = self.browsers.iter().find(|(own, _)| own == name).map(|(_, keys)| keys.clone());
        let mut asked = keys.unwrap_or_default();
        (asked["body"], asked["authorization"]) = (json!(seen.body), json!(seen.headers["authorization"]));
        python(PROGRAM, "read", &asked).await
    }

    async fn sent(&self, more: &Value) -> Result<String> {
        let id = self.phones.post("chat_message", more).await?;
        self.phones.push(&id, |push| push["state"] == "sent").await?;
        Ok(id)
    }
}

#[tokio::test]
async fn a_browser_reads_what_was_encrypted_for_it_alone() -> Result<()> {
    let browsers = Browsers::of(&["firefox", "chrome"]).await?;
    let stack = &browsers.phones.tenant.stack;
    let id = browsers
        .sent(&json!({
            "title": "Table for two", "body": "Friday, 19:00", "collapse_key": "booking-7", "ttl_seconds": 600,
            "action_url": "/b/7", "image_url": "https://shop.example/7.png", "data": {"table": 7, "vip": null},
        }))
        .await?;
    let own = browsers.phones.ann.get("/api/push/vapid-key").await?.ok()?;
    for name in ["firefox", "chrome"] {
        let came = browsers.came(name).await?;
        let [seen] = came.as_slice() else { panic!("{came:#?}") };
        let header = |name: &str| seen.headers.get(name).map_or("", String::as_str);
        assert_eq!((seen.status, header("content-encoding")), (Some(201), "aes128gcm"));
        assert_eq!((header("urgency"), header("topic")), ("high", "booking-7"));
        let ttl: i64 = header("ttl").parse()?;
        assert!((500..=600).contains(&ttl), "what is left of ten minutes: {ttl}");
        let read = browsers.read(name, seen).await?;
        let expected = json!({
            "notification_id": id, "type": "chat_message", "title": "Table for two", "body": "Friday, 19:00",
            "deep_link": "/b/7", "image": "https://shop.example/7.png", "data": {"table": 7, "vip": null},
            "tag": "booking-7",
        });
        assert_eq!(read["payload"], expected);
        assert_eq!(read["key"], own["public_key"], "what it subscribed with");
        let claims = &read["claims"];
        assert_eq!(claims["aud"], json!(stack.sinks_url), "the endpoint's origin");
        assert!(text(claims, "sub")?.starts_with("mailto:"), "{claims}");
        let hours = (claims["exp"].as_i64().unwrap_or_default() - now().as_second()) / 3_600;
        assert!((1..24).contains(&hours), "RFC 8292, 2: {claims}");
        // Nobody else does.
        let other = if name == "chrome" { "firefox" } else { "chrome" };
        assert!(browsers.read(other, seen).await.is_err());
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_removed_and_no_other() -> Result<()> {
    let browsers = Browsers::of(&["firefox", "chrome", "edge"]).await?;
    browsers.phones.order(browsers.answers("firefox", 404)).await?;
    browsers.phones.order(browsers.answers("chrome", 410)).await?;
    browsers.sent(&json!({})).await?;
    assert_eq!(browsers.phones.registered().await?, ["edge"]);
    browsers.sent(&json!({})).await?;
    for (name, expected) in [("firefox", vec![404]), ("chrome", vec![410]), ("edge", vec![201, 201])] {
        let expected: Vec<_> = expected.into_iter().map(Some).collect();
        assert_eq!(browsers.statuses(name).await?, expected, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_is_sent_once_more_shorter() -> Result<()> {
    let browsers = Browsers::of(&["firefox"]).await?;
    browsers.phones.order(browsers.answers("firefox", 413).times(1)).await?;
    let body = "Friday, ".repeat(1_000);
    let id = browsers.sent(&json!({"title": "Table for two", "body": body})).await?;
    let came = browsers.came("firefox").await?;
    let [long, short] = came.as_slice() else { panic!("{came:#?}") };
    assert_eq!((long.status, short.status), (Some(413), Some(201)));
    assert!(long.bytes().len() <= 4_096 && short.bytes().len() < long.bytes().len() * 2 / 3, "{came:#?}");
    let mut most = body.len();
    for seen in [long, short] {
        let payload = browsers.read("firefox", seen).await?["payload"].take();
        assert_eq!((&payload["title"], &payload["notification_id"]), (&json!("Table for two"), &json!(id)));
        let start = text(&payload, "body")?.strip_suffix('…').unwrap_or_default();
        ensure!(body.starts_with(start) && (500..most).contains(&start.len()), "{payload}");
        most = start.len();
    }
    assert_eq!(browsers.phones.push(&id, |push| push["state"] == "sent").await?["attempts"], 1);
    Ok(())
}

#[tokio::test]
async fn a_service_that_asks_to_wait_is_asked_again_alone() -> Result<()> {
    let browsers = Browsers::of(&["firefox", "chrome"]).await?;
    browsers.phones.register(&browsers.phones.ann, "phone").await?;
    let busy = browsers.answers("firefox", 429).header("retry-after", "2").times(1);
    browsers.phones.order(busy).await?;
    let id = browsers.phones.post("chat_message", &json!({})).await?;
    let sinks = browsers.phones.tenant.sinks();
    let tried = sinks.wait(&browsers.filter("firefox"), 2, DEADLINE).await?;
    assert!(tried[1].at - tried[0].at >= 2_000, "not before its time");
    assert_eq!(browsers.phones.push(&id, |push| push["state"] == "sent").await?["attempts"], 2);
    assert_eq!(browsers.statuses("firefox").await?, [Some(429), Some(201)]);
    assert_eq!(
        (browsers.statuses("chrome").await?, browsers.phones.statuses("phone").await?),
        (vec![Some(201)], vec![Some(200)])
    );
    Ok(())
}
