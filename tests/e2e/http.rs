//! What every answer of the HTTP API has: request ids, ETags, CORS; and the document that says so.

use anyhow::{Context as _, Result};
use carillon_tests::{Tenant, eventually};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    for path in ["/api/notifications", "/api/notifications/unread-count", "/api/notifications/stats"] {
        let first = ann.get(path).await?;
        assert_eq!(first.header("cache-control"), Some("private, no-cache"), "{path}");
        let tag = first.header("etag").context("no ETag")?.to_owned();
        let known = |method: Method| ann.request(method, path).header("if-none-match", &tag);
        let again = ann.send(known(Method::GET)).await?;
        assert_eq!((again.status, again.header("etag")), (304, Some(tag.as_str())), "{path}");
        let head = ann.send(ann.request(Method::HEAD, path)).await?;
        assert_eq!((head.status, head.header("etag")), (200, Some(tag.as_str())), "{path}");
        assert_eq!(ann.send(known(Method::HEAD)).await?.status, 304, "{path}");

        let before = ann.unread().await?;
        shop.notify(&ann, path).await?;
        eventually("the notification", async || Ok((ann.unread().await? > before).then_some(()))).await?;
        let changed = ann.send(known(Method::GET)).await?;
        assert_eq!(changed.status, 200, "{path}");
        assert_ne!(changed.header("etag"), Some(tag.as_str()), "{path}");
    }
    // Another user's tag is worth nothing: what is compared is the body.
    let (of_ann, bob) = (ann.get("/api/notifications").await?, tenant.user("bob")?);
    let tag = of_ann.header("etag").context("no ETag")?;
    let request = bob.request(Method::GET, "/api/notifications").header("if-none-match", tag);
    assert_eq!(bob.send(request).await?.body["data"], json!([]));
    Ok(())
}

#[tokio::test]
async fn an_answer_says_by_which_id_the_log_knows_its_request() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x"});
    let forged = shop.request(Method::POST, "/v1/notifications").header("x-request-id", "forged").json(&body);
    let answer = shop.send(forged).await?;
    let id = answer.header("x-request-id").context("no id")?.to_owned();
    let refused = shop.send(shop.request(Method::PATCH, "/v1/notifications")).await?;
    let other = refused.header("x-request-id").context("no id")?;
    assert!(id != other && id != "forged" && other != "forged", "{id} {other}");
    eventually("the id in the log", async || {
        let log = std::fs::read_to_string(&tenant.stack.log)?;
        let line = log.lines().find(|line| line.contains(&id) && line.contains("accepted"));
        Ok(line.map(|_| ()))
    })
    .await
}

#[tokio::test]
async fn pages_of_other_origins_can_read_refusals_too() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let settings = "/api/notifications/settings";
    let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(256 * 1024));
    let requests = [
        (200, ann.request(Method::GET, settings)),
        (401, ann.anonymous().request(Method::GET, settings)),
        (404, ann.request(Method::GET, "/api/nothing")),
        (405, ann.request(Method::PATCH, settings)),
        (413, ann.request(Method::PUT, settings).header("content-type", "application/json").body(large)),
        (415, ann.request(Method::PUT, settings).header("content-type", "text/plain").body("{}")),
    ];
    for (status, request) in requests {
        let answer = ann.send(request.header("origin", "https://app.example.com")).await?;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.header("access-control-allow-origin").is_some(), "{status}: {:?}", answer.headers);
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
        for name in ["etag", "retry-after", "x-request-id"] {
            assert!(exposed.contains(name), "{status}: {exposed}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_document_is_served_to_anybody() -> Result<()> {
    let ann = Tenant::fresh()?.user("ann")?;
    let answer = ann.anonymous().get("/openapi.json").await?;
    let committed: Value = serde_json::from_str(include_str!("../../docs/openapi.json"))?;
    assert_eq!(answer.ok()?, committed);
    let refused = ann.send(ann.request(Method::POST, "/openapi.json")).await?;
    refused.problem(405, "method_not_allowed")?;
    assert_eq!(refused.header("allow"), Some("GET,HEAD"));
    Ok(())
}
