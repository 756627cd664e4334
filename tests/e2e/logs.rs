//! What the functions write down.

use anyhow::Result;
use carillon_tests::{Tenant, eventually};
use serde_json::json;

#[tokio::test]
async fn the_log_tells_the_way_of_a_notification_and_nothing_of_its_content() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let marker = ulid::Ulid::generate().to_string();
    let secret = |what: &str| format!("{what}-{marker}");
    let mut device = ann.connect().await?;
    let body = json!({
        "type": "chat_message", "title": secret("title"), "body": secret("body"), "data": {"k": secret("data")},
        "recipient": {"user_id": "ann", "email": format!("{marker}@example.com")}, "action_url": secret("/url"),
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
    for hidden in [marker.as_str(), ann.token.as_str(), "Bearer "] {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "the log has {hidden:?}");
    }
    Ok(())
}
