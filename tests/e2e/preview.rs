//! What every channel would say, without saying it.

use anyhow::Result;
use carillon_tests::{Tenant, list, text};
use serde_json::{Value, json};

const PREVIEW: &str = "/v1/templates/preview";

fn order() -> Value {
    json!({
        "category": "transactional", "priority": "normal", "channels": ["in_app", "push", "email", "sms", "slack"],
        "templates": {
            "title": "Order {{ number }}", "body": "{{ n | plural(one='# parcel', other='# parcels') }} from {{ sender.name }}",
            "push": {"title": "Parcels"}, "sms": "Order {{ number }}: {{ brand.name }}",
            "email": {"subject": "{{ title }} 📦", "preheader": "Soon",
                "html": "<mj-section><mj-column><mj-text>Dear <b>{{ sender.name }}</b></mj-text></mj-column></mj-section>",
                "text": "Dear {{ sender.name }}"},
            "locales": {"de": {"title": "Bestellung {{ number }}", "email": {"subject": "Ihre {{ title }}"}}},
        },
        "sample": {"data": {"number": 7, "n": 2}, "sender": {"name": "Ann"}},
    })
}

#[tokio::test]
async fn every_channel_is_shown_from_the_types_sample() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    ops.put("/v1/types/order", &order()).await?.ok()?;
    let settings = json!({"brand": {"name": "Acme"}, "email": {"from": "hi@example.com", "reply_to": ["help@example.com"]},
        "sms": {"sender_id": "ACME"}});
    ops.put("/v1/settings", &settings).await?.ok()?;
    let shown = ops.post(PREVIEW, &json!({"type": "order"})).await?.ok()?;
    let (locale, all) = (&shown["locale"], &shown["channels"]);
    assert_eq!(*locale, Value::Null);
    assert_eq!(all["in_app"], json!({"title": "Order 7", "body": "2 parcels from Ann"}));
    assert_eq!(all["push"], json!({"title": "Parcels", "body": "2 parcels from Ann"}));
    let sms = json!({"text": "Order 7: Acme", "encoding": "gsm7", "segments": 1, "cut": false, "sender_id": "ACME"});
    assert_eq!(all["sms"], sms);
    let email = &all["email"];
    assert_eq!((&email["subject"], &email["preheader"]), (&json!("Order 7 📦"), &json!("Soon")));
    assert_eq!(email["from"], json!({"name": "Acme", "address": "hi@example.com"}));
    assert_eq!(
        (&email["reply_to"], &email["list_unsubscribe"]),
        (&json!(["help@example.com"]), &Value::Null)
    );
    let html = text(email, "html")?;
    assert!(html.contains("Dear <b>Ann</b>") && html.starts_with("<!doctype html>"), "{html}");
    assert!(text(email, "text")?.starts_with("Dear Ann\n"));

    let german = ops
        .post(PREVIEW, &json!({"type": "order", "locale": "de-CH", "data": {"number": 8, "n": 1}}))
        .await?;
    let german = german.ok()?;
    assert_eq!(german["locale"], "de");
    assert_eq!(german["channels"]["in_app"], json!({"title": "Bestellung 8", "body": "1 parcel from Ann"}));
    assert_eq!(german["channels"]["email"]["subject"], "Ihre Bestellung 8");

    // Nothing was sent, and nothing stored but what was put.
    let rows = tenant.aws.rows("Catalog", &tenant.id).await?;
    assert_eq!(rows.len(), 3, "the type, its version, the settings");
    for queue in ["push", "email", "sms"] {
        assert_eq!(tenant.jobs().all(queue).await?.len(), 0, "{queue}");
    }
    Ok(())
}

#[tokio::test]
async fn all_shipped_types_can_be_previewed() -> Result<()> {
    let ops = Tenant::fresh()?.admin()?;
    let types = ops.get("/v1/types").await?.ok()?;
    for entry in list(&types, "data")? {
        let key = text(entry, "key")?;
        for locale in [Value::Null, json!("de-CH"), json!("ar")] {
            let shown = ops.post(PREVIEW, &json!({"type": key, "locale": locale})).await?;
            assert_eq!(shown.status, 200, "{key} {locale}: {}", shown.body);
            assert_eq!(
                shown.body["channels"]["email"].is_object(),
                list(entry, "channels")?.contains(&json!("email"))
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn drafts_are_shown_and_not_kept() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let draft = json!({
        "type": "promotion_generic", "title": "Hello <b>", "body": "One & two",
        "templates": {"title": "never used", "email": {"subject": "Sale: {{ title }}", "preheader": "{{ body }}"}},
        "layout": {"mjml": "<mjml><mj-body>{{ content }}<mj-section><mj-column><mj-text>{{ unsubscribe_url }}</mj-text>\
            </mj-column></mj-section></mj-body></mjml>"},
    });
    let shown = ops.post(PREVIEW, &draft).await?.ok()?;
    let email = &shown["channels"]["email"];
    assert_eq!((&email["subject"], &email["preheader"]), (&json!("Sale: Hello <b>"), &json!("One & two")));
    let (html, link) = (text(email, "html")?, text(email, "list_unsubscribe")?);
    assert!(
        html.contains("Hello &lt;b&gt;") && html.contains("One &amp; two") && !html.contains("Hello <b>"),
        "{html}"
    );
    assert!(html.contains(link) && link.starts_with("https://"), "{html}");
    assert!(tenant.aws.rows("Catalog", &tenant.id).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_a_post_would_be_refused_for_is_named() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    ops.put("/v1/types/order", &order()).await?.ok()?;
    let email = |html: &str| json!({"type": "order", "title": "T", "templates": {"email": {"html": html}}});
    for (body, field) in [
        (json!({"type": "order", "data": {}}), "data.n"),
        (json!({"type": "order", "data": {"number": 1}}), "data.n"),
        (json!({"type": "order", "templates": {"title": "{{ customer.name }}"}}), "data.customer.name"),
        (json!({"type": "order", "title": "T", "templates": {"sms": "{{ nobody }}"}}), "data.nobody"),
        (
            json!({"type": "order", "title": "T", "templates": {"locales": {"fr": {"email": {"text": "{{ rien }}"}}}}}),
            "data.rien",
        ),
        (json!({"type": "order", "templates": {"title": "{{ a"}}), "templates.title"),
        (json!({"type": "order", "templates": {"colour": "red"}}), "templates.colour"),
        (email("<mj-section>"), "templates.email.html"),
        (email("<mj-include path=\"x\" />"), "templates.email.html"),
        (json!({"type": "order", "layout": {"mjml": "<mjml>"}}), "layout.mjml"),
        (json!({"type": "order", "layout": {"mjml": "{{ content }}"}}), "layout.mjml"),
        (json!({"type": "order", "title": "a\nb"}), "title"),
        (json!({"type": "order", "locale": "German"}), "locale"),
        (json!({"type": "order", "recipient": "ann"}), "recipient"),
        (json!({}), "type"),
    ] {
        let refused = ops.post(PREVIEW, &body).await?;
        let named = refused.problem(422, "invalid_request")?;
        assert!(named.is_some_and(|named| named.starts_with(field)), "{body}: {}", refused.body);
    }
    let refused = ops.post(PREVIEW, &json!({"type": "ordr"})).await?;
    assert_eq!(refused.problem(422, "unknown_type")?, Some("type"));
    assert!(text(&refused.body, "detail")?.contains("order"));
    tenant.producer()?.post(PREVIEW, &json!({"type": "order"})).await?.problem(403, "forbidden")?;
    Ok(())
}

#[tokio::test]
async fn a_tenant_may_send_only_from_domains_that_it_is_granted() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    for (email, field) in [
        (json!({"from": "hi@globex.example"}), "email.from"),
        (json!({"from": "hi@sub.example.com"}), "email.from"),
        (json!({"from": "grüße@example.com"}), "email.from"),
        (json!({"reply_to": ["a@b.example", "grüße@b.example"]}), "email.reply_to[1]"),
    ] {
        let refused = ops.put("/v1/settings", &json!({"email": email})).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, Some(field), "{email}");
    }
    assert!(tenant.aws.rows("Catalog", &tenant.id).await?.is_empty());
    ops.put("/v1/settings", &json!({"email": {"from": "hi@example.com"}})).await?.ok()?;
    Ok(())
}
