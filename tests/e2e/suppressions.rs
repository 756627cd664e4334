//! Addresses that nothing is sent to: the routes, and what is left of them when their owner is erased.

use anyhow::Result;
use carillon_tests::{Tenant, list, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::mail_support::{PLAIN, Reader};

const ALL: &str = "/v1/suppressions";

#[tokio::test]
async fn an_address_is_suppressed_asked_about_and_lifted() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (ops, theirs) = (tenant.admin()?, other.admin()?);
    for (address, path, channel) in
        [("Ann@example.com", "ann@EXAMPLE.com", "email"), ("+4930123456", "%2B4930123456", "sms")]
    {
        let path = format!("{ALL}/{path}");
        ops.get(&path).await?.problem(404, "not_found")?;
        ops.delete(&path).await?.problem(404, "not_found")?;
        let made = ops.post(ALL, &json!({"address": address, "reason": "manual"})).await?;
        assert_eq!(made.status, 201, "{}", made.body);
        let created_at = text(&made.body, "created_at")?;
        let whole = json!({"address": address, "channel": channel, "reason": "manual", "detail": null,
            "notification_id": null, "created_at": created_at});
        assert_eq!(made.body, whole);
        let again = ops.post(ALL, &json!({"address": address.to_uppercase(), "channel": channel})).await?;
        assert_eq!((again.status, &again.body), (200, &whole), "the first stays");
        assert_eq!(ops.get(&path).await?.ok()?, whole);
        theirs.get(&path).await?.problem(404, "not_found")?;
        theirs.delete(&path).await?.problem(404, "not_found")?;
        assert_eq!(ops.delete(&path).await?.status, 204);
        ops.get(&path).await?.problem(404, "not_found")?;
        assert_eq!(ops.post(ALL, &json!({"address": address})).await?.status, 201, "and again");
    }
    Ok(())
}

#[tokio::test]
async fn they_are_listed_page_by_page() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = tenant.admin()?;
    assert_eq!(ops.get(ALL).await?.ok()?, json!({"data": [], "next_cursor": null}));
    let mut addresses: Vec<String> = (0..5).map(|n| format!("u{n}@example.com")).collect();
    addresses.push("+4930123456".to_owned());
    for address in &addresses {
        ops.post(ALL, &json!({"address": address})).await?.ok()?;
    }
    other.admin()?.post(ALL, &json!({"address": "x@example.com"})).await?.ok()?;
    ops.delete(&format!("{ALL}/u2@example.com")).await?.ok()?;
    addresses.retain(|address| address != "u2@example.com");
    addresses.sort();
    let walk = async |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ops.get(&format!("{ALL}?limit=2{query}{cursor}")).await?.ok()?;
            for one in list(&page, "data")? {
                found.push(text(one, "address")?.to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        found.sort();
        Ok::<_, anyhow::Error>(found)
    };
    assert_eq!(walk("").await?, addresses);
    assert_eq!(walk("&channel=sms").await?, ["+4930123456"]);
    assert_eq!(walk("&channel=email").await?, addresses[1..]);
    for (query, field) in [("limit=0", "limit"), ("channel=push", "channel"), ("colour=red", "colour")] {
        assert_eq!(ops.get(&format!("{ALL}?{query}")).await?.problem(422, "invalid_request")?, Some(field));
    }
    ops.get(&format!("{ALL}?cursor=x")).await?.problem(400, "invalid_cursor")?;
    Ok(())
}

#[tokio::test]
async fn only_an_administrator_may_and_what_is_wrong_is_named() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ops, shop) = (tenant.admin()?, tenant.producer()?);
    let one = format!("{ALL}/ann@example.com");
    for (method, path) in
        [(Method::GET, ALL), (Method::GET, one.as_str()), (Method::POST, ALL), (Method::DELETE, &one)]
    {
        let body = json!({"address": "ann@example.com"});
        let refused = shop.send(shop.request(method.clone(), path).json(&body)).await?;
        refused.problem(403, "forbidden")?;
        let anonymous = tenant.anonymous();
        let unknown = anonymous.send(anonymous.request(method, path).json(&body)).await?;
        unknown.problem(401, "unauthenticated")?;
    }
    for (body, field) in [
        (json!({"address": "ann"}), "address"),
        (json!({}), "address"),
        (json!({"address": "ann@example.com", "channel": "sms"}), "channel"),
        (json!({"address": "ann@example.com", "reason": "complaint"}), "reason"),
        (json!({"address": "ann@example.com", "note": "x"}), "note"),
    ] {
        let refused = ops.post(ALL, &body).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, Some(field), "{body}");
    }
    for path in ["nobody", "%2B0301", "a%00@b.c"] {
        ops.get(&format!("{ALL}/{path}")).await?.problem(404, "not_found")?;
    }
    Ok(())
}

#[tokio::test]
async fn an_erased_recipients_suppressions_hold_without_a_name() -> Result<()> {
    let reader = Reader::new().await?;
    let ops = reader.tenant.admin()?;
    ops.post(ALL, &json!({"address": reader.address})).await?.ok()?;
    ops.post(ALL, &json!({"address": reader.phone})).await?.ok()?;
    let shown = ops.get("/v1/recipients/ann").await?.ok()?;
    assert_eq!(shown["suppressed"], json!([reader.address, reader.phone]));
    let export = ops.get("/v1/recipients/ann/export").await?.ok()?;
    let mut held: Vec<&str> =
        list(&export, "suppressions")?.iter().map(|one| text(one, "address")).collect::<Result<_>>()?;
    held.sort();
    assert_eq!(held, [reader.phone.as_str(), reader.address.as_str()]);

    let erased = ops.delete("/v1/recipients/ann").await?.ok()?;
    assert_eq!(erased["erased"], true);
    let listed = ops.get(ALL).await?.ok()?;
    let listed = list(&listed, "data")?;
    assert!(listed.len() == 2 && listed.iter().all(|one| one["address"] == Value::Null), "{listed:?}");
    let bob = json!({"recipient": {"user_id": "bob", "email": reader.address}});
    let id = reader.mail(PLAIN, &bob).await?;
    reader.shop.delivery(&id, "email", "skipped: suppressed").await?;
    let path = format!("{ALL}/{}", reader.address);
    assert_eq!(ops.get(&path).await?.ok()?["address"], Value::Null);
    assert_eq!(ops.delete(&path).await?.status, 204);
    let id = reader.mail(PLAIN, &bob).await?;
    reader.shop.delivery(&id, "email", "sent").await?;
    Ok(())
}
