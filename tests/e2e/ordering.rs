//! Messages that are dispatched in another order than they were posted.

use anyhow::{Context as _, Result};
use carillon_tests::{Functions, Tenant, ids, sqs_event, text};
use serde_json::json;

#[tokio::test]
async fn a_late_one_is_unread_after_read_all_and_a_resync_from_before_shows_both() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let body = |title: &str| json!({"type": "chat_message", "recipient": "ann", "title": title});
    let mut device = ann.connect().await?;
    let before = text(&device.resync(None).await?.last, "server_time")?.to_owned();
    let captured = functions.capture(&[body("first"), body("second")]).await?;
    let [(first, first_message), (second, second_message)] =
        <[_; 2]>::try_from(captured).ok().context("two were captured")?;
    let dispatch = functions.function("dispatch").start().await?;

    dispatch.invoke(sqs_event(&[&second_message])).await?;
    assert_eq!(device.expect("notification").await?["id"], second["id"]);
    ann.act("/api/notifications/read-all").await?.ok()?;
    assert_eq!(ann.unread().await?, 0);

    dispatch.invoke(sqs_event(&[&first_message])).await?;
    let late = device.expect("notification").await?;
    assert_eq!((&late["id"], &late["unread"]), (&first["id"], &json!(true)));
    assert_eq!(ann.unread().await?, 1, "not born read");
    let unread = ann.page("?unread_only=true").await?;
    assert_eq!(unread["data"][0]["id"], first["id"]);

    let both = [text(&first, "id")?.to_owned(), text(&second, "id")?.to_owned()];
    assert_eq!(ids(&device.resync(Some(&before)).await?.notifications)?, both);
    Ok(())
}
