//! What is refused at the door, and that nothing of it is stored.

use anyhow::Result;
use carillon_tests::{Tenant, text};
use reqwest::Method;
use serde_json::{Value, json};

/// Accepted messages are dispatched in well under the time this fence takes; refused ones must leave no row at all.
async fn nothing_but_the_fence_is_stored(tenant: &Tenant) -> Result<()> {
    let ann = tenant.user("ann")?;
    tenant.producer()?.notify(&ann, "fence").await?;
    let inbox = ann.inbox_of(1).await?;
    assert_eq!(inbox[0]["title"], "fence");
    let rows = tenant.rows("Inbox", "ann").await?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_frame_over_32000_bytes_or_a_body_over_256_kib_is_too_large() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let post = |body: String| json!({"type": "chat_message", "recipient": "ann", "title": "x", "body": body});
    shop.post("/v1/notifications", &post("x".repeat(32_000))).await?.problem(413, "payload_too_large")?;
    // Two bytes each on the wire once escaped; what counts is what is rendered.
    shop.post("/v1/notifications", &post("\n".repeat(16_000))).await?.problem(413, "payload_too_large")?;
    shop.post("/v1/notifications", &post("x".repeat(256 * 1024))).await?.problem(413, "payload_too_large")?;
    nothing_but_the_fence_is_stored(&tenant).await?;

    // Just below, it comes whole.
    let mut device = tenant.user("bob")?.connect().await?;
    let body = json!({"type": "chat_message", "recipient": "bob", "title": "x", "body": "y".repeat(31_000)});
    shop.create(&body).await?;
    assert_eq!(text(&device.expect("notification").await?, "body")?.len(), 31_000);
    Ok(())
}

#[tokio::test]
async fn a_frame_too_large_for_one_of_many_recipients_stores_nothing_for_any() -> Result<()> {
    let tenant = Tenant::fresh()?;
    // The id carries the user's, so the longest user has the largest frame.
    let base = json!({"type": "chat_message", "title": "x"});
    let mut body = base.clone();
    body["recipients"] = json!(["ann", "u".repeat(128)]);
    let mut refused_at = None;
    for size in (31_300..31_800).step_by(25) {
        body["body"] = json!("y".repeat(size));
        let answer = tenant.producer()?.post("/v1/notifications", &body).await?;
        if answer.status == 413 {
            refused_at = Some(size);
            break;
        }
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let accepted = refused_at.map(|size| (size - 31_300) / 25);
    let accepted = accepted.expect("some size is too large");
    let both = [
        tenant.user("ann")?.inbox_of(accepted).await?,
        tenant.user(&"u".repeat(128))?.inbox_of(accepted).await?,
    ];
    assert_eq!(both[0].len(), both[1].len());
    Ok(())
}

#[tokio::test]
async fn malformed_json_and_other_media_types() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let good = json!({"type": "chat_message", "recipient": "ann", "title": "x"}).to_string();
    for body in ["", "{", "not json", r#"{"type": "chat_message""#, &format!("{good}{good}")] {
        let request =
            shop.request(Method::POST, "/v1/notifications").header("content-type", "application/json");
        shop.send(request.body(body.to_owned())).await?.problem(400, "malformed_json")?;
    }
    let request = shop.request(Method::POST, "/v1/notifications").header("content-type", "text/plain");
    shop.send(request.body(good)).await?.problem(415, "unsupported_media_type")?;
    nothing_but_the_fence_is_stored(&tenant).await
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_field() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let with = |field: &str, value: Value| {
        let mut body = json!({"type": "chat_message", "recipient": "ann", "title": "x"});
        body[field] = value;
        body
    };
    let without = |field: &str| {
        let mut body = with("body", json!("y"));
        body.as_object_mut().map(|body| body.remove(field));
        body
    };
    let mut several = without("recipient");
    several["recipients"] = json!(["ann", "bob", "ann"]);
    let mut too_many = without("recipient");
    too_many["recipients"] = (0..101).map(|index| json!(format!("u{index}"))).collect();
    let mut nobody = without("recipient");
    nobody["recipients"] = json!([]);
    let cases = [
        (without("title"), "title"),
        (without("type"), "type"),
        (without("recipient"), "recipient"),
        (with("title", json!("t".repeat(256))), "title"),
        (with("title", json!("bell\u{7}")), "title"),
        (with("title", json!("two\nlines")), "title"),
        (with("title", json!(7)), "title"),
        (with("recipient", json!("a#b")), "recipient"),
        (with("recipient", json!({"user_id": "a b"})), "recipient.user_id"),
        (with("priority", json!("loud")), "priority"),
        (with("channels", json!(["fax"])), "channels[0]"),
        (with("data", json!([1])), "data"),
        (with("tags", (0..33).map(|tag| json!(tag.to_string())).collect()), "tags"),
        (with("action_url", json!("javascript:alert(1)")), "action_url"),
        (with("action_url", json!("//evil.example.com/x")), "action_url"),
        (with("image_url", json!("http://img.example.com/x.png")), "image_url"),
        (several, "recipients[2]"),
        (too_many, "recipients"),
        (nobody, "recipients"),
    ];
    for (body, field) in cases {
        let answer = shop.post("/v1/notifications", &body).await?;
        let named = answer.problem(422, "invalid_request")?;
        assert_eq!(named, Some(field), "{}", answer.body);
    }
    nothing_but_the_fence_is_stored(&tenant).await
}

#[tokio::test]
async fn an_unknown_type_names_the_nearest() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let body = json!({"type": "booking_confirmd", "recipient": "ann", "title": "x"});
    let answer = tenant.producer()?.post("/v1/notifications", &body).await?;
    assert_eq!(answer.problem(422, "unknown_type")?, Some("type"));
    assert!(text(&answer.body, "detail")?.contains("booking_confirmed"), "{}", answer.body);
    nothing_but_the_fence_is_stored(&tenant).await
}

#[tokio::test]
async fn unknown_paths_and_methods() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.get("/api/notes").await?.problem(404, "not_found")?;
    let wrong = ann.send(ann.request(Method::PATCH, "/api/notifications")).await?;
    wrong.problem(405, "method_not_allowed")?;
    assert!(wrong.header("allow").is_some(), "{:?}", wrong.headers);
    assert!([404, 405].contains(&shop.delete("/v1/notifications").await?.status));
    Ok(())
}
