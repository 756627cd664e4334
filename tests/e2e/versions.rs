//! What a type was before, and making it so again.

use anyhow::Result;
use carillon_tests::{Producer, Tenant, list};
use serde_json::{Value, json};

const TYPE: &str = "/v1/types/order_shipped";
const VERSIONS: &str = "/v1/types/order_shipped/versions";

fn titled(title: &str) -> Value {
    json!({"category": "transactional", "priority": "low", "channels": ["in_app"], "templates": {"title": title}})
}

/// Number, deletion and origin, the newest first.
async fn versions(ops: &Producer) -> Result<Vec<(u64, bool, Option<u64>)>> {
    let listed = ops.get(VERSIONS).await?.ok()?;
    let short = |one: &Value| {
        (one["version"].as_u64().unwrap_or(0), one["deleted"] == true, one["restored_from"].as_u64())
    };
    Ok(list(&listed, "data")?.iter().map(short).collect())
}

#[tokio::test]
async fn every_change_of_a_type_is_a_version_and_can_be_made_to_hold_again() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (ops, others) = (tenant.admin()?, other.admin()?);
    ops.get(VERSIONS).await?.problem(404, "unknown_type")?;
    assert_eq!(ops.get("/v1/types/chat_message/versions").await?.ok()?, json!({"data": []}));
    ops.put(TYPE, &titled("One")).await?.ok()?;
    ops.put(TYPE, &titled("Two")).await?.ok()?;
    let refused = ops.put(TYPE, &titled("{{ three")).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("templates.title"));
    assert_eq!(ops.delete(TYPE).await?.status, 204);
    ops.delete(TYPE).await?.problem(404, "not_found")?;
    assert_eq!(versions(&ops).await?, [(3, true, None), (2, false, None), (1, false, None)]);

    let first = ops.get(&format!("{VERSIONS}/1")).await?.ok()?;
    assert_eq!(first["document"], titled("One"));
    assert_eq!(first["created_by"], "ops");
    assert_eq!(ops.get(&format!("{VERSIONS}/3")).await?.ok()?.get("document"), None);
    for none in ["0", "4", "x", "-1", "99999999999"] {
        ops.get(&format!("{VERSIONS}/{none}")).await?.problem(404, "not_found")?;
    }

    let restored = ops.act(&format!("{VERSIONS}/1/restore")).await?.ok()?;
    assert_eq!(restored["templates"]["title"], "One");
    assert_eq!(ops.get(TYPE).await?.ok()?, restored);
    assert_eq!(versions(&ops).await?.first(), Some(&(4, false, Some(1))));
    ops.act(&format!("{VERSIONS}/3/restore")).await?.problem(409, "nothing_to_restore")?;
    ops.act(&format!("{VERSIONS}/9/restore")).await?.problem(404, "not_found")?;

    others.get(VERSIONS).await?.problem(404, "unknown_type")?;
    others.get(&format!("{VERSIONS}/1")).await?.problem(404, "not_found")?;
    others.act(&format!("{VERSIONS}/1/restore")).await?.problem(404, "not_found")?;
    tenant.producer()?.get(VERSIONS).await?.problem(403, "forbidden")?;
    Ok(())
}

#[tokio::test]
async fn the_newest_twenty_are_kept() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    for number in 1..=22 {
        ops.put(TYPE, &titled(&format!("Title {number}"))).await?.ok()?;
    }
    let numbers: Vec<u64> = versions(&ops).await?.into_iter().map(|(number, ..)| number).collect();
    assert_eq!(numbers, (3..=22).rev().collect::<Vec<_>>());
    ops.act(&format!("{VERSIONS}/2/restore")).await?.problem(404, "not_found")?;
    let types = ops.get("/v1/types").await?.ok()?;
    let own = list(&types, "data")?.iter().filter(|entry| entry["source"] != "shipped").count();
    assert_eq!(own, 1, "versions are no types");
    Ok(())
}

#[tokio::test]
async fn of_changes_at_the_same_time_each_holds_or_is_told() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let puts = (0..6).map(|number| {
        let ops = &ops;
        async move { ops.put(TYPE, &titled(&format!("Title {number}"))).await }
    });
    let answers = futures::future::try_join_all(puts).await?;
    let mut held = 0;
    for answer in &answers {
        match answer.status {
            200 => held += 1,
            _ => assert_eq!(answer.problem(409, "conflict")?, None),
        }
    }
    assert!(held >= 1);
    let all = versions(&ops).await?;
    assert_eq!(all.len(), held, "who lost has changed nothing");
    let newest = ops.get(&format!("{VERSIONS}/{held}")).await?.ok()?;
    assert_eq!(ops.get(TYPE).await?.ok()?["templates"], newest["document"]["templates"]);
    Ok(())
}

#[tokio::test]
async fn what_is_no_key_reaches_no_other_row() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    ops.put("/v1/settings", &json!({"timezone": "Europe/Zurich"})).await?.ok()?;
    let layout = "<mjml><mj-body>{{ content }}</mj-body></mjml>";
    ops.put("/v1/layout", &json!({"mjml": layout})).await?.ok()?;
    for key in ["*", "*layout", "%2A"] {
        ops.delete(&format!("/v1/types/{key}")).await?.problem(404, "not_found")?;
        ops.get(&format!("/v1/types/{key}/versions")).await?.problem(404, "not_found")?;
        ops.get(&format!("/v1/types/{key}/versions/1")).await?.problem(404, "not_found")?;
    }
    assert_eq!(ops.get("/v1/settings").await?.ok()?["timezone"], "Europe/Zurich");
    assert_eq!(ops.get("/v1/layout").await?.ok()?["mjml"], layout);
    Ok(())
}
