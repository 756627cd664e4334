//! The registry as a tenant changes it, and its settings.

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_testkit::workspace_root;
use carillon_tests::{Functions, PRODUCE, Producer, Rest, Row, Tenant, answer, list, text};
use reqwest::Method;
use serde_json::{Value, json};

/// Who may do all of `/v1`.
pub(crate) fn admin(tenant: &Tenant) -> Result<Producer> {
    tenant.producer_with("ops", |claims| claims["scope"] = json!("notifications:admin"))
}

fn own() -> Value {
    json!({"category": "transactional", "priority": "low", "channels": ["in_app"]})
}

#[tokio::test]
async fn what_is_shipped_is_listed() -> Result<()> {
    let ops = admin(&Tenant::fresh()?)?;
    let types = ops.get("/v1/types").await?.ok()?;
    let types = list(&types, "data")?;
    assert!(types.len() > 40 && types.iter().all(|entry| entry["source"] == "shipped"));
    let keys: Vec<&str> = types.iter().map(|entry| text(entry, "key")).collect::<Result<_>>()?;
    assert!(keys.is_sorted(), "{keys:?}");
    let promotion = ops.get("/v1/types/promotion_generic").await?.ok()?;
    assert!(types.contains(&promotion));
    assert_eq!(promotion["channels"], json!(["in_app", "push", "email"]));
    assert_eq!(promotion["frequency_cap"], json!({"per_day": 2, "per_week": 7}));
    Ok(())
}

#[tokio::test]
async fn a_change_lies_over_the_shipped_entry_until_it_is_deleted() -> Result<()> {
    const PATH: &str = "/v1/types/chat_message";
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = admin(&tenant)?;
    let shipped = ops.get(PATH).await?.ok()?;
    let changed = ops.put(PATH, &json!({"channels": ["in_app"], "ttl_seconds": 60})).await?;
    assert_eq!(changed.status, 200);
    let mut expected = shipped.clone();
    expected["channels"] = json!(["in_app"]);
    expected["ttl_seconds"] = json!(60);
    expected["source"] = json!("overridden");
    assert_eq!(changed.body, expected);
    assert_eq!(ops.get(PATH).await?.ok()?, expected);
    assert!(list(&ops.get("/v1/types").await?.ok()?, "data")?.contains(&expected));
    assert_eq!(admin(&other)?.get(PATH).await?.ok()?, shipped, "another tenant's is as shipped");

    let again = ops.put(PATH, &json!({"priority": "warning", "ttl_seconds": null})).await?.ok()?;
    assert_eq!((&again["channels"], &again["priority"]), (&shipped["channels"], &json!("high")));
    assert_eq!(again["ttl_seconds"], 86_400, "null is the default");
    assert_eq!(ops.put(PATH, &again).await?.ok()?, again, "what is shown may be put");

    admin(&other)?.delete(PATH).await?.problem(404, "not_found")?;
    let deleted = ops.delete(PATH).await?;
    assert_eq!((deleted.status, &deleted.body), (204, &Value::Null));
    ops.delete(PATH).await?.problem(404, "not_found")?;
    assert_eq!(ops.get(PATH).await?.ok()?, shipped);
    Ok(())
}

#[tokio::test]
async fn a_tenant_may_have_types_of_its_own() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    let unknown = ops.get("/v1/types/order_shiped").await?;
    unknown.problem(404, "unknown_type")?;
    let made = ops.put("/v1/types/order_shipped", &own()).await?.ok()?;
    assert_eq!((&made["key"], &made["source"]), (&json!("order_shipped"), &json!("tenant")));
    assert_eq!(ops.get("/v1/types/order_shipped").await?.ok()?, made);
    let nearest = ops.get("/v1/types/order_shiped").await?;
    nearest.problem(404, "unknown_type")?;
    assert!(text(&nearest.body, "detail")?.contains("order_shipped"), "{}", nearest.body);
    assert_eq!(ops.delete("/v1/types/order_shipped").await?.status, 204);
    ops.get("/v1/types/order_shipped").await?.problem(404, "unknown_type")?;
    Ok(())
}

#[tokio::test]
async fn bad_documents_are_refused_by_the_field_and_nothing_is_kept() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    let table = [
        (json!({"channels": ["push"]}), Some("channels")),
        (json!({"channels": ["in_app", "fax"]}), Some("channels[1]")),
        (json!({"ttl_seconds": 0}), Some("ttl_seconds")),
        (json!({"frequency_cap": {}}), Some("frequency_cap")),
        (json!({"frequency_cap": {"per_day": 5, "per_week": 2}}), Some("frequency_cap")),
        (json!({"category": "marketing"}), Some("frequency_cap")),
        (json!({"key": "other"}), Some("key")),
        (json!({"colour": "red"}), Some("colour")),
        (json!({"quiet_hours": {"start": "25:00", "end": "07:00"}}), Some("quiet_hours.start")),
        (json!({"conditions": {"sms": "true"}}), Some("conditions")),
        (json!({"conditions": {"push": "data.percent >"}}), Some("conditions.push")),
        (json!({"templates": {"title": "{{ name"}}), Some("templates.title")),
        (json!({"data_schema": {"type": "telepathy"}}), Some("data_schema")),
        (json!([]), None),
        (json!(7), None),
    ];
    for (document, field) in table {
        let refused = ops.put("/v1/types/chat_message", &document).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, field, "{document}: {}", refused.body);
    }
    for missing in ["category", "priority", "channels"] {
        let mut document = own();
        document.as_object_mut().map(|fields| fields.remove(missing));
        let refused = ops.put("/v1/types/order_shipped", &document).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, Some(missing));
    }
    let refused = ops.put("/v1/types/Order-Shipped", &own()).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("key"));
    let long = json!({"templates": {"body": "x".repeat(40_000)}});
    ops.put("/v1/types/chat_message", &long).await?.problem(413, "payload_too_large")?;
    let raw = |kind, body| {
        ops.request(Method::PUT, "/v1/types/chat_message").header("content-type", kind).body::<&str>(body)
    };
    ops.send(raw("application/json", "{")).await?.problem(400, "malformed_json")?;
    ops.send(raw("text/plain", "{}")).await?.problem(415, "unsupported_media_type")?;
    assert!(tenant.aws.rows("Catalog", &tenant.id).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_tenant_has_at_most_200_documents() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    let text = |text: String| AttributeValue::S(text);
    let rows = (0..200).map(|index| {
        let row =
            [("pk", tenant.id.clone()), ("sk", format!("type#own_{index}")), ("text", own().to_string())];
        let row: Row = row.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        tenant.aws.put("Catalog", row)
    });
    futures::future::try_join_all(rows).await?;
    ops.put("/v1/types/one_more", &own()).await?.problem(409, "too_many_types")?;
    ops.put("/v1/types/own_7", &own()).await?.ok()?;
    assert_eq!(ops.delete("/v1/types/own_8").await?.status, 204);
    ops.put("/v1/types/one_more", &own()).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn settings_are_replaced_whole() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = admin(&tenant)?;
    let defaults = json!({
        "throttle": {"limit": 5, "window_seconds": 3600, "mode": "mute"}, "quiet_hours": "defer",
        "category_caps": {}, "timezone": null, "admin_user_id": null,
        "brand": {"name": null, "logo_url": null, "color": null, "address": null, "app_url": null},
        "email": {"from_name": null, "from": null, "reply_to": []}, "sms": {"sender_id": null, "max_price_usd": null},
    });
    assert_eq!(ops.get("/v1/settings").await?.ok()?, defaults);
    let whole = json!({
        "throttle": {"limit": 10, "window_seconds": 60, "mode": "reject"}, "quiet_hours": "drop",
        "category_caps": {"marketing": {"per_day": 1, "per_week": 3}}, "timezone": "Europe/Zurich",
        "admin_user_id": "ops@example.com",
        "brand": {"name": "Acme", "logo_url": "https://acme.example/l.png", "color": "#0b5fff", "address": "1 Road, Town",
            "app_url": "https://app.acme.example"},
        "email": {"from_name": "Acme", "from": "hi@example.com", "reply_to": ["help@acme.example"]},
        "sms": {"sender_id": "ACME", "max_price_usd": "0.50"},
    });
    assert_eq!(ops.put("/v1/settings", &whole).await?.ok()?, whole);
    assert_eq!(ops.get("/v1/settings").await?.ok()?, whole);
    assert_eq!(admin(&other)?.get("/v1/settings").await?.ok()?, defaults);
    for (body, field) in [
        (json!({"throttle": {"limit": 101}}), Some("throttle.limit")),
        (json!({"throttle": {"window_seconds": 0}}), Some("throttle.window_seconds")),
        (json!({"category_caps": {"marketing": {}}}), Some("category_caps.marketing")),
        (json!({"timezone": "Mars/Olympus"}), Some("timezone")),
        (json!({"brand": {"color": "blue"}}), Some("brand.color")),
        (json!({"sms": {"sender_id": "12345"}}), Some("sms.sender_id")),
        (json!({"colour": "red"}), Some("colour")),
        (json!([]), None),
    ] {
        let refused = ops.put("/v1/settings", &body).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, field, "{body}");
    }
    assert_eq!(ops.get("/v1/settings").await?.ok()?, whole, "a refused request has stored nothing");
    assert_eq!(ops.put("/v1/settings", &json!({})).await?.ok()?, defaults);
    assert_eq!(ops.get("/v1/settings").await?.ok()?, defaults);
    Ok(())
}

#[tokio::test]
async fn an_administrators_routes_need_an_administrators_token() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let routes = [
        (Method::GET, "/v1/types"),
        (Method::GET, "/v1/types/chat_message"),
        (Method::PUT, "/v1/types/chat_message"),
        (Method::DELETE, "/v1/types/chat_message"),
        (Method::GET, "/v1/types/chat_message/versions"),
        (Method::GET, "/v1/types/chat_message/versions/1"),
        (Method::POST, "/v1/types/chat_message/versions/1/restore"),
        (Method::GET, "/v1/layout"),
        (Method::PUT, "/v1/layout"),
        (Method::DELETE, "/v1/layout"),
        (Method::GET, "/v1/layout/versions"),
        (Method::GET, "/v1/layout/versions/1"),
        (Method::POST, "/v1/layout/versions/1/restore"),
        (Method::POST, "/v1/templates/preview"),
        (Method::GET, "/v1/settings"),
        (Method::PUT, "/v1/settings"),
        (Method::GET, "/v1/recipients/ann"),
        (Method::PUT, "/v1/recipients/ann"),
        (Method::DELETE, "/v1/recipients/ann"),
        (Method::POST, "/v1/recipients/bulk"),
        (Method::GET, "/v1/recipients/ann/export"),
    ];
    let (shop, ann) = (tenant.producer()?, tenant.user("ann")?);
    for (method, path) in routes {
        let ask = async |rest: &Rest| rest.send(rest.request(method.clone(), path).json(&json!({}))).await;
        ask(tenant.anonymous()).await?.problem(401, "unauthenticated")?;
        ask(&ann).await?.problem(401, "unauthenticated")?;
        ask(&shop).await?.problem(403, "forbidden")?;
    }
    let ops = admin(&tenant)?;
    ops.delete("/v1/settings").await?.problem(405, "method_not_allowed")?;
    ops.act("/v1/recipients/ann").await?.problem(405, "method_not_allowed")?;
    ops.get("/v1/recipients").await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn what_a_tenant_changed_holds_for_what_it_posts() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = admin(&tenant)?;
    // Before the first post: what a function has read it keeps for a minute.
    ops.put("/v1/types/order_shipped", &own()).await?.ok()?;
    ops.put("/v1/types/chat_message", &json!({"required_scope": "chat:send"})).await?.ok()?;
    ops.put("/v1/types/app_update", &json!({"priority": "low"})).await?.ok()?;
    let post = |type_: &str| json!({"type": type_, "recipient": "ann", "title": "x"});
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    shop.create(&post("order_shipped")).await?;
    let updated = shop.create(&post("app_update")).await?;
    assert_eq!(ann.inbox_of(2).await?.len(), 2);
    assert_eq!(shop.trace(&updated).await?["priority"], "low");
    let refused = shop.post("/v1/notifications", &post("chat_message")).await?;
    assert_eq!(refused.problem(403, "forbidden")?, Some("type"));

    let elsewhere = other.producer()?;
    let unknown = elsewhere.post("/v1/notifications", &post("order_shipped")).await?;
    assert_eq!(unknown.problem(422, "unknown_type")?, Some("type"));
    elsewhere.create(&post("chat_message")).await?;
    Ok(())
}

#[tokio::test]
async fn the_samples_are_accepted() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let function = Functions::of(&tenant, Vec::new()).await?.function("admin-api").start().await?;
    let mut claims = tenant.tokens.claims(&tenant.id, "ops", PRODUCE);
    claims["scope"] = json!("notifications:admin");
    let token = tenant.tokens.sign(&claims)?;
    for (name, field, value) in
        [("http-put-type", "source", "tenant"), ("http-put-recipient", "timezone", "Europe/Zurich")]
    {
        let path = workspace_root().join("events").join(format!("{name}.json"));
        let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        answer(&function.invoke(event.clone()).await?)?.problem(401, "unauthenticated")?;
        event["headers"]["authorization"] = json!(format!("Bearer {token}"));
        let accepted = answer(&function.invoke(event).await?)?;
        assert_eq!((accepted.status, &accepted.body[field]), (200, &json!(value)), "{}", accepted.body);
    }
    Ok(())
}
