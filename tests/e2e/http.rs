//! What every answer of the HTTP API has: request ids, ETags, CORS; and the document that says so.

use anyhow::{Context as _, Result};
use carillon_tests::{Functions, PRODUCE, Tenant, answer, eventually, http_event};
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

/// Past the local gateway, which makes a path UTF-8 before a function sees it.
#[tokio::test]
async fn a_path_that_is_no_text_leads_nowhere() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?.token;
    let mut claims = tenant.tokens.claims(&tenant.id, "ops", PRODUCE);
    claims["scope"] = json!("notifications:admin notifications:send");
    let ops = tenant.tokens.sign(&claims)?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let cases = [
        ("inbox-api", &ann, "GET", "/api/notifications/%FF"),
        ("inbox-api", &ann, "DELETE", "/api/notifications/%FF"),
        ("inbox-api", &ann, "POST", "/api/notifications/%FF/read"),
        ("inbox-api", &ann, "POST", "/api/notifications/%FF/pin"),
        ("inbox-api", &ann, "POST", "/api/notifications/%FF/snooze"),
        ("inbox-api", &ann, "GET", "/api/notifications/subscriptions/%FF"),
        ("ingest", &ops, "GET", "/v1/notifications/%FF"),
        ("ingest", &ops, "POST", "/v1/notifications/%FF/cancel"),
        ("admin-api", &ops, "GET", "/v1/types/%FF"),
        ("admin-api", &ops, "GET", "/v1/recipients/%FF"),
        ("admin-api", &ops, "DELETE", "/v1/recipients/%FF"),
        ("admin-api", &ops, "GET", "/v1/recipients/%FF/export"),
    ];
    for name in ["inbox-api", "ingest", "admin-api"] {
        let function = functions.function(name).start().await?;
        for (_, token, method, path) in cases.iter().filter(|case| case.0 == name) {
            let asked =
                async |token: &str| answer(&function.invoke(http_event(method, path, token, &[], "")).await?);
            asked(token).await?.problem(404, "not_found").with_context(|| format!("{method} {path}"))?;
            asked("").await?.problem(401, "unauthenticated").with_context(|| format!("{method} {path}"))?;
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
