//! Texts and channels that follow from the request.

use anyhow::Result;
use carillon_tests::Tenant;
use serde_json::{Value, json};

const NEW: &str = "/v1/notifications";

#[tokio::test]
async fn a_title_may_be_left_to_the_type() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let cases = [
        (
            json!({"type": "new_message", "sender": {"name": "Bob <b>"}, "data": {"subject": "Lunch & more"}}),
            ("New message from Bob <b>", "Lunch & more"),
        ),
        (json!({"type": "new_message", "sender": {"name": "Eve"}}), ("New message from Eve", "(No subject)")),
        (
            json!({"type": "sync_failed", "folder": "Inbox", "data": {"error": "no route"}, "body": "own"}),
            ("Failed to sync Inbox: no route", "own"),
        ),
        (
            json!({"type": "new_message", "sender": {"name": "Zoe"}, "title": "own", "data": {"subject": "S"}}),
            ("own", "S"),
        ),
    ];
    for (mut body, (title, text)) in cases {
        body["recipient"] = json!("ann");
        let id = shop.create(&body).await?;
        shop.trace(&id).await?;
        let stored = ann.get(&ann.path(&id, "")).await?.ok()?;
        assert_eq!((&stored["title"], &stored["body"]), (&json!(title), &json!(text)), "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_template_needs_is_named() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let cases = [
        (json!({"type": "new_message"}), "sender.name"),
        (json!({"type": "new_message", "sender": {"name": null}}), "sender.name"),
        (json!({"type": "sync_failed", "data": {"error": "no route"}}), "folder"),
        (json!({"type": "sync_failed", "folder": "Inbox"}), "data.error"),
        (json!({"type": "quota_warning", "title": "given"}), "data.percent"),
        (json!({"type": "quota_warning", "data": {"percent": "many"}}), "data"),
        // No template: the request must say it.
        (json!({"type": "chat_message"}), "title"),
    ];
    for (mut body, field) in cases {
        body["recipient"] = json!("ann");
        let answer = shop.post(NEW, &body).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{body}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn quota_warnings_are_pushed_above_85_percent() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    for (percent, title, push) in [
        (json!(80), "80.0% full", "skipped: condition_not_met"),
        (json!(85), "85.0% full", "skipped: condition_not_met"),
        (json!(90.26), "90.3% full", "sent"),
    ] {
        let body = json!({"type": "quota_warning", "recipient": "ann", "data": {"percent": percent}});
        let id = shop.create(&body).await?;
        shop.delivery(&id, "push", push).await?;
        assert_eq!(shop.trace(&id).await?["title"], title);
    }
    tenant.jobs().wait("push", 1).await?;
    assert_eq!(tenant.jobs().all("push").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_tenants_own_type_has_texts_conditions_and_a_schema() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.register("phone").await?;
    let entry = json!({
        "category": "transactional", "priority": "high", "channels": ["in_app", "push"],
        "templates": {"title": "Order {{ order.id }}", "body": "{{ items | length }} items"},
        "collapse_key": "order-{{ order.id }}", "conditions": {"push": "order.total > 100"},
        "data_schema": {
            "type": "object", "required": ["order", "items"],
            "properties": {
                "order": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
                "items": {"type": "array"},
            },
        },
    });
    tenant.admin()?.put("/v1/types/order_placed", &entry).await?.ok()?;
    let post = |data: Value| json!({"type": "order_placed", "recipient": "ann", "data": data});
    let id = shop.create(&post(json!({"order": {"id": 7, "total": 250}, "items": [1, 2]}))).await?;
    let jobs = tenant.jobs().wait("push", 1).await?;
    assert_eq!(jobs[0].id, id);
    let said = (&jobs[0].content["title"], &jobs[0].content["body"], &jobs[0].content["collapse_key"]);
    assert_eq!(said, (&json!("Order 7"), &json!("2 items"), &json!("order-7")));
    let small = shop.create(&post(json!({"order": {"id": 8, "total": 50}, "items": []}))).await?;
    shop.delivery(&small, "push", "skipped: condition_not_met").await?;
    for data in [json!({"order": {"id": "7"}, "items": []}), json!({"order": {"id": 7}}), json!({})] {
        let answer = shop.post(NEW, &post(data)).await?;
        let field = answer.problem(422, "invalid_request")?.unwrap_or_default();
        assert!(field == "data" || field.starts_with("data."), "{}", answer.body);
    }
    let without = json!({"type": "order_placed", "recipient": "ann"});
    let field = shop.post(NEW, &without).await?;
    assert_eq!(field.problem(422, "invalid_request")?, Some("data"), "{}", field.body);
    assert_eq!(ann.inbox_of(2).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_could_fill_the_memory_is_not_kept() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let doubled = String::from("{% set a = body %}") + &"{% set a=a~a %}".repeat(40) + "{{ a }}";
    for text in [doubled.as_str(), "{% set x %}{{ body }}{% endset %}", "{{ namespace() }}", "{{ body * n }}"]
    {
        let hidden = format!("{{% if notification_id != 'ntf_' %}}{text}{{% endif %}}");
        let entry = json!({
            "category": "transactional", "priority": "high", "channels": ["in_app", "sms"],
            "templates": {"title": "T", "sms": if text.contains("namespace") { text } else { &hidden }},
        });
        let answer = tenant.admin()?.put("/v1/types/large", &entry).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some("templates.sms"), "{text}: {}", answer.body);
    }
    let entry = json!({
        "category": "transactional", "priority": "high", "channels": ["in_app", "sms"],
        "templates": {"title": "T", "sms": "{{ (body | replace('a', body)) | length }}"},
    });
    tenant.admin()?.put("/v1/types/replaced", &entry).await?.ok()?;
    let body = json!({"type": "replaced", "recipient": "ann", "body": "a".repeat(30_000)});
    let answer = tenant.producer()?.post(NEW, &body).await?;
    assert_eq!(answer.problem(422, "invalid_request")?, Some("data"), "{}", answer.body);
    Ok(())
}
