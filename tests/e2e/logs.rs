//! What the functions write down.

use anyhow::Result;
use carillon_fakes::fcm_error;
use carillon_tests::{Tenant, eventually};
use serde_json::json;

use crate::push_support::post;
use crate::push_web::Browsers;

#[tokio::test]
async fn the_log_tells_the_way_of_a_notification_and_nothing_of_its_content() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let marker = ulid::Ulid::generate().to_string();
    let secret = |what: &str| format!("{what}-{marker}");
    // What users are called may be an address.
    let name = secret("ann");
    let (ann, shop) = (tenant.user(&name)?, tenant.producer()?);
    let mut device = ann.connect().await?;
    let body = json!({
        "type": "chat_message", "title": secret("title"), "body": secret("body"), "data": {"k": secret("data")},
        "recipient": {"user_id": name, "email": format!("{marker}@example.com")}, "action_url": secret("/url"),
    });
    let id = shop.create(&body).await?;
    device.expect("notification").await?;
    device.ask(json!({"action": "mark_read", "notification_id": id})).await?;
    // Refusals must not quote what they refuse.
    let mut refused = body.clone();
    refused["type"] = json!("no_such_type");
    shop.post("/v1/notifications", &refused).await?.problem(422, "unknown_type")?;
    device.send_text(format!("{{\"action\": \"{marker}\""));
    device.expect("error").await?;

    let ulid = &id[4..30];
    let log = eventually("the notification in the log", async || {
        let log = std::fs::read_to_string(&tenant.stack.log)?;
        let steps = ["accepted", "dispatched"];
        let told =
            steps.iter().all(|step| log.lines().any(|line| line.contains(step) && line.contains(ulid)));
        Ok(told.then_some(log))
    })
    .await?;
    for hidden in [marker.as_str(), &id[30..], ann.token.as_str(), "Bearer "] {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "the log has {hidden:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_log_tells_what_became_of_a_push_and_nothing_of_what_and_where_to() -> Result<()> {
    let marker = ulid::Ulid::generate().to_string();
    let secret = |what: &str| format!("{what}-{marker}");
    // The names are part of tokens and endpoints.
    let browsers = Browsers::of(&[&secret("browser")]).await?;
    let phones = &browsers.phones;
    let user = phones.tenant.user(&secret("user"))?;
    for (name, reply) in [
        ("good", None),
        ("gone", Some("UNREGISTERED")),
        ("bad", Some("INVALID_ARGUMENT")),
        ("busy", Some("INTERNAL")),
    ] {
        phones.register(&user, &secret(name)).await?;
        if let Some(code) = reply {
            let reply = fcm_error(code).header("retry-after", "1");
            phones.order(phones.answers(&secret(name), reply).times(1)).await?;
        }
    }
    let more = json!({"title": secret("title"), "body": secret("body"), "data": {"k": secret("data")}});
    let to_browser = phones.post("chat_message", &more).await?;
    let id = phones.shop.create(&post("chat_message", &secret("user"), &more)).await?;
    for id in [&to_browser, &id] {
        phones.push(id, |push| push["state"] == "sent").await?;
    }
    assert_eq!(phones.came().await?.len(), 4 + 1);
    let log = eventually("the push in the log", async || {
        let log = std::fs::read_to_string(&phones.tenant.stack.log)?;
        let delivered = |line: &&str| line.contains("\"delivered\"") && line.contains(&id[4..30]);
        let told = ["\"attempt\":0", "\"attempt\":1"]
            .iter()
            .all(|attempt| log.lines().filter(delivered).any(|line| line.contains(attempt)));
        Ok(told.then_some(log))
    })
    .await?;
    // Access tokens of the stand-in begin so.
    for hidden in [marker.as_str(), &id[30..], "ya29.", "Bearer ", "vapid t="] {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "the log has {hidden:?}");
    }
    Ok(())
}
