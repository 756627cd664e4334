//! What stands around a tenant's emails.

use anyhow::Result;
use carillon_tests::{Tenant, list, text};
use serde_json::{Value, json};

const LAYOUT: &str = "/v1/layout";

fn around(words: &str) -> Value {
    json!({"mjml": format!("<mjml><mj-body><mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section>\
        {{{{ content }}}}</mj-body></mjml>"), "text": format!("{words}\n{{{{ content }}}}")})
}

#[tokio::test]
async fn a_tenant_has_the_shipped_layout_until_it_puts_its_own() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = tenant.admin()?;
    let shipped = ops.get(LAYOUT).await?.ok()?;
    assert_eq!(shipped["source"], "shipped");
    assert!(text(&shipped, "mjml")?.contains("{{ content }}"));
    assert_eq!(ops.put(LAYOUT, &shipped).await?.ok()?["mjml"], shipped["mjml"], "what is shown may be put");

    let mut own = around("Acme");
    let put = ops.put(LAYOUT, &own).await?.ok()?;
    own["source"] = json!("tenant");
    assert_eq!((&put, &ops.get(LAYOUT).await?.ok()?), (&own, &own));
    assert_eq!(other.admin()?.get(LAYOUT).await?.ok()?, shipped);
    let preview = ops.post("/v1/templates/preview", &json!({"type": "booking_confirmed"})).await?.ok()?;
    assert!(text(&preview["channels"]["email"], "html")?.contains("Acme"));
    assert!(text(&preview["channels"]["email"], "text")?.starts_with("Acme\n"));

    ops.put(LAYOUT, &around("Acme 2")).await?.ok()?;
    assert_eq!(ops.delete(LAYOUT).await?.status, 204);
    assert_eq!(ops.get(LAYOUT).await?.ok()?, shipped);
    ops.delete(LAYOUT).await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn its_versions_are_kept_like_those_of_types() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    ops.put(LAYOUT, &around("One")).await?.ok()?;
    ops.put(LAYOUT, &around("Two")).await?.ok()?;
    assert_eq!(ops.delete(LAYOUT).await?.status, 204);
    let restored = ops.act("/v1/layout/versions/1/restore").await?.ok()?;
    assert_eq!(restored["text"], "One\n{{ content }}");
    assert_eq!(ops.get(LAYOUT).await?.ok()?, restored);
    let listed = ops.get("/v1/layout/versions").await?.ok()?;
    let all: Vec<_> =
        list(&listed, "data")?.iter().map(|it| (it["version"].as_u64(), &it["restored_from"])).collect();
    let null = Value::Null;
    assert_eq!(all, [(Some(4), &json!(1)), (Some(3), &null), (Some(2), &null), (Some(1), &null)]);
    assert_eq!(ops.get("/v1/layout/versions/2").await?.ok()?["document"], around("Two"));
    ops.act("/v1/layout/versions/3/restore").await?.problem(409, "nothing_to_restore")?;
    ops.get("/v1/layout/versions/7").await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_rendered_is_refused_and_nothing_is_kept() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let in_body =
        |inside: &str| json!({"mjml": format!("<mjml><mj-body>{inside}{{{{ content }}}}</mj-body></mjml>")});
    for (layout, field) in [
        (json!({}), "mjml"),
        (json!({"mjml": "<mjml><mj-body></mj-body></mjml>"}), "mjml"),
        (json!({"mjml": "{{ content }}"}), "mjml"),
        (json!({"mjml": "<mjml><mj-body>{{ content }}"}), "mjml"),
        (in_body("<mj-include path=\"/etc/passwd\" />"), "mjml"),
        (in_body("<mj-raw>{% if %}</mj-raw>"), "mjml"),
        (in_body(&"<mj-wrapper>".repeat(2_000)), "mjml"),
        (in_body(&"x".repeat(40_000)), "mjml"),
        (json!({"mjml": around("x")["mjml"], "text": "none"}), "text"),
        (json!({"mjml": around("x")["mjml"], "text": "{{ content }}{% if %}"}), "text"),
        (json!({"mjml": around("x")["mjml"], "html": "x"}), "html"),
    ] {
        let refused = ops.put(LAYOUT, &layout).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, Some(field), "{layout}");
    }
    assert!(tenant.aws.rows("Catalog", &tenant.id).await?.is_empty());
    let bad = json!({"templates": {"email": {"html": "<mj-section><mj-column>"}}});
    let refused = ops.put("/v1/types/booking_confirmed", &bad).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("templates.email.html"));
    Ok(())
}
