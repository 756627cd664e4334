//! What a tenant says about its users, hands out, and erases.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_tests::{Row, Tenant, ids, list, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::types::admin;

const ANN: &str = "/v1/recipients/ann";

/// A row from its JSON.
fn row(pk: String, sk: &str, fields: &Value) -> Row {
    fn attribute(value: &Value) -> AttributeValue {
        match value {
            Value::Null => AttributeValue::Null(true),
            Value::Bool(flag) => AttributeValue::Bool(*flag),
            Value::Number(number) => AttributeValue::N(number.to_string()),
            Value::String(text) => AttributeValue::S(text.clone()),
            Value::Array(list) => AttributeValue::L(list.iter().map(attribute).collect()),
            Value::Object(map) => {
                AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
            }
        }
    }
    let fields = fields.as_object().into_iter().flatten();
    let mut row: Row = fields.map(|(name, value)| (name.clone(), attribute(value))).collect();
    row.insert("pk".to_owned(), AttributeValue::S(pk));
    row.insert("sk".to_owned(), AttributeValue::S(sk.to_owned()));
    row
}

/// Of every kind of row a user may have, one; and two notifications, the first of which is read. Returns their ids.
async fn fill(tenant: &Tenant, user: &str) -> Result<Vec<String>> {
    let ops = admin(tenant)?;
    ops.put(&format!("/v1/recipients/{user}"), &json!({"locale": "de-CH"})).await?.ok()?;
    let hash = format!("{user:0>64}");
    let recipients = [
        (
            format!("device#{hash}"),
            json!({"token": "t1", "platform": "ios", "created_at": 1, "last_used_at": 2}),
        ),
        ("devices".to_owned(), json!({"version": 1})),
        ("prefs".to_owned(), json!({"opt_in": {"promotions": true}})),
        ("settings".to_owned(), json!({"text": "{\"push\": false, \"theme\": \"dark\"}", "updated_at": 1})),
        ("sub#webhook".to_owned(), json!({"enabled": false, "url": "https://example.com/hook"})),
        ("limits".to_owned(), json!({"version": 1, "counted": []})),
    ];
    for (sk, fields) in recipients {
        tenant.aws.put("Recipients", row(tenant.partition(user), &sk, &fields)).await?;
    }
    let owner = row(format!("token#{}#{hash}", tenant.id), "owner", &json!({"user": user}));
    tenant.aws.put("Recipients", owner).await?;
    let trace = json!({
        "type": "message_sent", "producer": "shop", "priority": "low", "created_at": 1, "purge_at": 4_102_444_800_i64,
        "deliveries": {"in_app": {"state": "skipped", "reason": "not_opted_in", "attempts": 0, "at": 1}},
    });
    let key = format!("trace#{}", ulid::Ulid::generate());
    tenant.aws.put("Ledger", row(tenant.partition(user), &key, &trace)).await?;
    let (reader, shop) = (tenant.user(user)?, tenant.producer()?);
    let posts = [shop.notify(&reader, "one").await?, shop.notify(&reader, "two").await?];
    reader.inbox_of(2).await?;
    reader.act(&reader.path(&posts[0], "read")).await?.ok()?;
    Ok(posts.to_vec())
}

#[tokio::test]
async fn a_profile_is_put_whole_and_comes_back() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = admin(&tenant)?;
    ops.get(ANN).await?.problem(404, "not_found")?;
    let whole = json!({
        "email": "ann@example.com", "email_verified": true, "phone": "+41441234567", "locale": "de-CH",
        "timezone": "Europe/Zurich", "attributes": {"role": "host", "tier": {"level": 3}},
    });
    let first = ops.put(ANN, &whole).await?.ok()?;
    for (name, value) in whole.as_object().context("an object")? {
        assert_eq!(&first[name], value, "{name}");
    }
    assert_eq!((&first["user_id"], &first["suppressed"]), (&json!("ann"), &json!([])));
    assert_eq!(ops.get(ANN).await?.ok()?, first);
    admin(&other)?.get(ANN).await?.problem(404, "not_found")?;

    let second = ops.put(ANN, &json!({"email": "ann@example.org"})).await?.ok()?;
    assert_eq!((&second["email"], &second["phone"]), (&json!("ann@example.org"), &Value::Null));
    assert_eq!((&second["attributes"], &second["created_at"]), (&Value::Null, &first["created_at"]));
    assert_eq!(ops.get(ANN).await?.ok()?, second);
    assert!(text(&second, "created_at")?.ends_with('Z'));

    let as_given = r#"{"b":1.0,"a":12345678901234567890123,"b":null}"#;
    let request = ops.request(Method::PUT, ANN).header("content-type", "application/json");
    ops.send(request.body(format!("{{\"attributes\":{as_given}}}"))).await?.ok()?;
    let answer = ops.request(Method::GET, ANN).send().await?.text().await?;
    assert!(answer.contains(as_given), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_users_id_may_be_an_address_but_not_anything() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    let made = ops.put("/v1/recipients/ann+1%40example.com", &json!({})).await?.ok()?;
    assert_eq!(made["user_id"], "ann+1@example.com");
    assert_eq!(tenant.rows("Recipients", "ann+1@example.com").await?.len(), 1);
    for bad in ["-ann", "a%20b", "%C3%A9", "a%2Fb"] {
        for path in [format!("/v1/recipients/{bad}"), format!("/v1/recipients/{bad}/export")] {
            let answer = ops.get(&path).await?;
            let refused = answer.problem(422, "invalid_request").map(|field| field == Some("user_id"));
            // A decoded `/` makes another path.
            let nothing = answer.problem(404, "not_found").is_ok() && bad.contains("%2F");
            assert!(nothing || refused.is_ok_and(|named| named), "{path}: {}", answer.body);
        }
    }
    Ok(())
}

#[tokio::test]
async fn bad_profiles_are_refused_by_the_field() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    for (body, field) in [
        (json!({"email": "ann"}), "email"),
        (json!({"phone": "044 123 45 67"}), "phone"),
        (json!({"timezone": "Mars/Olympus"}), "timezone"),
        (json!({"locale": "deutsch"}), "locale"),
        (json!({"attributes": [1]}), "attributes"),
        (json!({"email_verified": "yes"}), "email_verified"),
        (json!({"suppressed": []}), "suppressed"),
        (json!({"user_id": "ann"}), "user_id"),
    ] {
        let refused = ops.put(ANN, &body).await?;
        assert_eq!(refused.problem(422, "invalid_request")?, Some(field), "{body}");
    }
    assert!(tenant.rows("Recipients", "ann").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_hundred_profiles_are_put_at_once() -> Result<()> {
    const BULK: &str = "/v1/recipients/bulk";
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    let body = |count: usize| {
        let users = (0..count).map(|index| json!({"user_id": format!("user-{index}"), "locale": "fr"}));
        json!({"recipients": users.collect::<Vec<_>>()})
    };
    let refused = ops.post(BULK, &body(101)).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("recipients"));
    let mut bad = body(3);
    bad["recipients"][2]["phone"] = json!("1");
    assert_eq!(ops.post(BULK, &bad).await?.problem(422, "invalid_request")?, Some("recipients[2].phone"));
    assert!(tenant.rows("Recipients", "user-0").await?.is_empty(), "a refused request has stored nothing");
    assert_eq!(ops.post(BULK, &body(100)).await?.ok()?, json!({"updated": 100}));
    for user in ["user-0", "user-99"] {
        assert_eq!(ops.get(&format!("/v1/recipients/{user}")).await?.ok()?["locale"], "fr");
    }
    // A user may be called that.
    assert_eq!(ops.put(BULK, &json!({"locale": "it"})).await?.ok()?["user_id"], "bulk");
    assert_eq!(ops.get(BULK).await?.ok()?["locale"], "it");
    Ok(())
}

#[tokio::test]
async fn an_export_has_all_there_is_of_the_user_and_of_nobody_else() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let posts = fill(&tenant, "ann").await?;
    fill(&tenant, "bob").await?;
    fill(&other, "ann").await?;
    let device = tenant.user("ann")?.connect().await?;
    tenant.connections("ann", 1).await?;
    let export = admin(&tenant)?.get(&format!("{ANN}/export")).await?.ok()?;
    assert_eq!((&export["user_id"], &export["next_cursor"]), (&json!("ann"), &Value::Null));
    assert_eq!(export["profile"]["locale"], "de-CH");
    assert_eq!(export["preferences"]["user"]["opt_in"], json!({"promotions": true}));
    assert_eq!(export["settings"]["user"], json!({"push": false, "theme": "dark"}));
    assert_eq!(export["subscriptions"]["webhook"]["url"], "https://example.com/hook");
    assert_eq!(export["devices"][0]["token"], "t1");
    let notifications = list(&export, "notifications")?;
    assert_eq!(ids(notifications)?, posts, "oldest first");
    assert_eq!((&notifications[0]["title"], &notifications[0]["unread"]), (&json!("one"), &json!(false)));
    assert_eq!(notifications[1]["unread"], true);
    assert_eq!(notifications[0]["deliveries"]["in_app"]["state"], "sent");
    let ledger = list(&export, "ledger")?;
    let trace = ledger.iter().find(|row| row["type"] == "message_sent").context("no trace")?;
    assert!(text(trace, "key")?.starts_with("trace#"));
    assert_eq!(list(&export, "connections")?.len(), 1);
    assert!(device.is_open());

    let nobody = admin(&tenant)?.get("/v1/recipients/nobody/export").await?.ok()?;
    assert_eq!((&nobody["notifications"], &nobody["profile"]), (&json!([]), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_large_inbox_is_exported_page_by_page() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = admin(&tenant)?;
    let mut expected = Vec::new();
    // Quotes take two bytes in what Lambda sends.
    let body = "\"".repeat(130_000);
    for _ in 0..20 {
        let ulid = ulid::Ulid::generate();
        let fields = json!({
            "type": "chat_message", "category": "transactional", "priority": "high", "title": "x", "body": body,
            "producer": "shop", "created_at": 1, "expires_at": 2, "deliveries": {},
        });
        tenant.aws.put("Inbox", row(tenant.partition("ann"), &format!("n#{ulid}"), &fields)).await?;
        expected.push(format!("ntf_{ulid}YW5u"));
    }
    expected.sort();
    let trace = json!({"type": "message_sent", "purge_at": 4_102_444_800_i64});
    tenant.aws.put("Ledger", row(tenant.partition("ann"), "trace#1", &trace)).await?;
    ops.put(ANN, &json!({})).await?.ok()?;

    let path = format!("{ANN}/export");
    let (mut got, mut ledger, mut pages) = (Vec::new(), 0, 0);
    let mut page = ops.get(&path).await?.ok()?;
    loop {
        assert_eq!(page.get("profile").is_some(), pages == 0, "the first page has the rest");
        pages += 1;
        got.extend(ids(list(&page, "notifications")?)?);
        ledger += list(&page, "ledger")?.len();
        let Some(next) = page["next_cursor"].as_str() else { break };
        page = ops.get(&format!("{path}?cursor={next}")).await?.ok()?;
    }
    assert_eq!((got, ledger), (expected, 1));
    assert!(pages > 1, "{pages}");

    let bad = ops.get(&format!("{path}?cursor=x")).await?;
    assert_eq!(bad.problem(400, "invalid_cursor")?, Some("cursor"));
    let unknown = ops.get(&format!("{path}?colour=red")).await?;
    assert_eq!(unknown.problem(422, "invalid_request")?, Some("colour"));
    Ok(())
}

#[tokio::test]
async fn an_erasure_leaves_nothing_but_when_it_was() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = admin(&tenant)?;
    fill(&tenant, "ann").await?;
    fill(&tenant, "bob").await?;
    fill(&other, "ann").await?;
    let ann = tenant.user("ann")?;
    ann.act("/api/notifications/read-all").await?.ok()?;
    let mut device = ann.connect().await?;
    let bystander = tenant.user("bob")?.connect().await?;
    tenant.connections("ann", 1).await?;

    let erased = ops.delete(ANN).await?;
    assert_eq!((erased.status, &erased.body["erased"]), (200, &json!(true)), "{}", erased.body);
    assert!(erased.body["rows"].as_u64() >= Some(4), "{}", erased.body);
    device.closed(Duration::from_secs(10)).await?;
    for table in ["Inbox", "Ledger", "Connections"] {
        assert_eq!(tenant.rows(table, "ann").await?, [], "{table}");
        assert_ne!(tenant.rows(table, "bob").await?, [], "{table}");
    }
    let left = tenant.rows("Recipients", "ann").await?;
    let keys: Vec<_> = left.iter().map(|row| row["sk"].clone()).collect();
    assert_eq!(keys, [AttributeValue::S("erased".to_owned())]);
    let token = |user: &str| format!("token#{}#{user:0>64}", tenant.id);
    assert_eq!(tenant.aws.rows("Recipients", &token("ann")).await?, []);
    assert_eq!(tenant.aws.rows("Recipients", &token("bob")).await?.len(), 1);
    assert!(bystander.is_open());
    for table in ["Inbox", "Ledger", "Recipients"] {
        assert_ne!(other.rows(table, "ann").await?, [], "{table} of the other tenant");
    }

    ops.get(ANN).await?.problem(404, "not_found")?;
    assert_eq!(ann.inbox().await?, [] as [Value; 0]);
    assert_eq!(ops.delete(ANN).await?.ok()?["erased"], true, "it may be repeated");
    assert_eq!(ops.delete("/v1/recipients/nobody").await?.ok()?["erased"], true);
    ops.put(ANN, &json!({"locale": "fr"})).await?.ok()?;
    assert_eq!(ops.get(ANN).await?.ok()?["locale"], "fr", "the tenant may start over");
    Ok(())
}
