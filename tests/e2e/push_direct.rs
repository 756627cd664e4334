//! `/v1/push/messages`: push past the inbox.

use anyhow::Result;
use carillon_fakes::{Filter, Rule, Seen, Sink, fcm_error};
use carillon_tests::{Answer, DEADLINE, Producer, Tenant, eventually, list, text};
use reqwest::Method;
use serde_json::{Value, json};

const MESSAGES: &str = "/v1/push/messages";
/// More than a message of the queue takes; as many as a small machine gets through in time.
const COUNT: usize = 80;

/// Posts, and returns the ids.
async fn push(ops: &Producer, body: &Value) -> Result<Vec<String>> {
    let answer = ops.post(MESSAGES, body).await?;
    anyhow::ensure!(answer.status == 202, "HTTP {}: {}", answer.status, answer.body);
    list(&answer.body, "data")?.iter().map(|one| Ok(text(one, "id")?.to_owned())).collect()
}

async fn push_once(ops: &Producer, key: &str, body: &Value) -> Result<Answer> {
    ops.send(ops.request(Method::POST, MESSAGES).header("idempotency-key", key).json(body)).await
}

/// Waits until a message is in this state.
async fn became(ops: &Producer, id: &str, state: &str) -> Result<Value> {
    eventually(&format!("{id} {state}"), async || {
        let now = ops.get(&format!("{MESSAGES}/{id}")).await?.ok()?;
        Ok((now["state"] == state).then_some(now))
    })
    .await
}

async fn came(tenant: &Tenant, contains: &str, count: usize) -> Result<Vec<Seen>> {
    tenant.sinks().wait(&Filter::of(Sink::Fcm).containing(contains), count, DEADLINE).await
}

/// A token that no other test has.
fn own(tenant: &Tenant, name: &str) -> String {
    format!("{name}:{}", tenant.id)
}

#[tokio::test]
async fn a_token_a_topic_and_a_user_are_reached() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, ops) = (tenant.user("ann")?, tenant.admin()?);
    let (phone, tablet, other) = (own(&tenant, "phone"), own(&tenant, "tablet"), own(&tenant, "other"));
    ann.register(&phone).await?;
    ann.register(&tablet).await?;
    // Whoever wants no push gets this one all the same.
    ann.prefer(&json!({"channels": {"push": false}})).await?;
    let body = json!({"messages": [
        {"token": other, "title": "One", "body": "B", "data": {"n": 1}, "priority": "high", "ttl_seconds": 60},
        {"topic": "news.~%", "title": "Two", "type": "campaign"},
        {"user": "ann", "title": "Three", "collapse_key": "three", "action_url": "/three"},
        {"user": "nobody", "title": "Four"},
    ]});
    let answer = ops.post(MESSAGES, &body).await?;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let targets: Vec<&Value> = list(&answer.body, "data")?.iter().map(|one| &one["target"]).collect();
    assert_eq!(targets, ["token", "topic", "user", "user"]);
    let ids: Vec<&str> = list(&answer.body, "data")?.iter().filter_map(|one| one["id"].as_str()).collect();
    for id in &ids[..3] {
        let done = became(&ops, id, "sent").await?;
        assert_eq!((&done["id"], &done["attempts"], &done["reason"]), (&json!(id), &json!(1), &json!(null)));
        assert!(done["provider_id"].is_string(), "{done}");
    }
    let nowhere = became(&ops, ids[3], "skipped").await?;
    assert_eq!((&nowhere["reason"], &nowhere["target"]), (&json!("no_address"), &json!("user")));

    let first = came(&tenant, &other, 1).await?[0].json()["message"].clone();
    assert_eq!((&first["token"], &first["notification"]["title"]), (&json!(other), &json!("One")));
    assert_eq!((&first["data"]["n"], &first["data"]["notification_id"]), (&json!("1"), &json!(ids[0])));
    let topic = format!("{}.news%2E%7E%25", tenant.id);
    let second = came(&tenant, &topic, 1).await?[0].json()["message"].clone();
    assert_eq!((&second["topic"], &second["token"]), (&json!(topic), &json!(null)));
    assert_eq!(second["fcm_options"]["analytics_label"], "campaign");
    for token in [&phone, &tablet] {
        let third = came(&tenant, token, 1).await?[0].json()["message"].clone();
        assert_eq!(third["data"]["deep_link"], "/three");
    }
    // Nothing of it is in an inbox.
    assert!(ann.inbox().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_fails_for_now_is_tried_again_and_nobody_gets_it_twice() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, ops) = (tenant.user("ann")?, tenant.admin()?);
    let (good, slow) = (own(&tenant, "good"), own(&tenant, "slow"));
    ann.register(&good).await?;
    ann.register(&slow).await?;
    let busy = Rule::of(Sink::Fcm).containing(&slow).times(1).reply(fcm_error("UNAVAILABLE"));
    tenant.sinks().answer(&busy.header("retry-after", "1")).await?;
    let ids = push(&ops, &json!({"user": "ann", "title": "T"})).await?;
    let done = became(&ops, &ids[0], "sent").await?;
    assert_eq!((&done["attempts"], &done["reason"]), (&json!(2), &json!(null)));
    assert_eq!((came(&tenant, &slow, 2).await?.len(), came(&tenant, &good, 1).await?.len()), (2, 1));
    Ok(())
}

#[tokio::test]
async fn what_is_refused_for_good_says_why() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let (bad, gone) = (own(&tenant, "bad"), own(&tenant, "gone"));
    for (token, error) in [(&bad, "PERMISSION_DENIED"), (&gone, "UNREGISTERED")] {
        tenant.sinks().answer(&Rule::of(Sink::Fcm).containing(token).reply(fcm_error(error))).await?;
    }
    let large = json!({"token": own(&tenant, "large"), "title": "T", "body": "x".repeat(5_000)});
    let body = json!({"messages": [{"token": bad, "title": "T"}, {"token": gone, "title": "T"}, large]});
    let ids = push(&ops, &body).await?;
    let failed = became(&ops, &ids[0], "failed").await?;
    assert_eq!((&failed["reason"], &failed["detail"]), (&json!("rejected"), &json!("PERMISSION_DENIED")));
    assert_eq!(became(&ops, &ids[1], "skipped").await?["reason"], "no_address");
    assert_eq!(became(&ops, &ids[2], "failed").await?["reason"], "too_large");
    let letters = tenant.aws.rows("Ledger", &format!("dead#{}#push", tenant.id)).await?;
    assert_eq!(letters.len(), 2);
    Ok(())
}

#[tokio::test]
async fn many_go_out_once_each_however_often_they_are_posted() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let message = |n| json!({"token": own(&tenant, &format!("t{n}")), "title": "T"});
    let messages: Vec<Value> = (0..COUNT).map(message).collect();
    let body = json!({"messages": messages});
    let first = push_once(&ops, "campaign", &body).await?;
    assert_eq!(first.status, 202, "{}", first.body);
    let again = push_once(&ops, "campaign", &body).await?;
    assert_eq!((again.status, &again.body), (202, &first.body));
    let other = push_once(&ops, "campaign", &json!({"token": "t", "title": "T"})).await?;
    assert_eq!(other.problem(422, "idempotency_key_reused")?, Some("Idempotency-Key"));
    came(&tenant, &tenant.id, COUNT).await?;
    let data = list(&first.body, "data")?;
    for index in [0, COUNT / 2, COUNT - 1] {
        became(&ops, text(&data[index], "id")?, "sent").await?;
    }
    // What is posted now is behind all doubles.
    for n in 0..20 {
        push(&ops, &json!({"token": own(&tenant, &format!("fence{n}")), "title": "T"})).await?;
    }
    came(&tenant, "fence19:", 1).await?;
    let sent = tenant.sinks().requests(&Filter::of(Sink::Fcm).containing(&tenant.id)).await?;
    let mut tokens: Vec<String> =
        sent.iter().map(|seen| seen.json()["message"]["token"].to_string()).collect();
    tokens.retain(|token| !token.contains("fence"));
    tokens.sort();
    let all = tokens.len();
    tokens.dedup();
    assert_eq!((all, tokens.len()), (COUNT, COUNT));
    Ok(())
}

#[tokio::test]
async fn one_wrong_message_stops_them_all() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let token = own(&tenant, "never");
    let mut messages = vec![json!({"token": token, "title": "T"}); 5];
    for (wrong, field) in [
        (json!({"token": token}), "messages[3].title"),
        (json!({"token": token, "topic": "t", "title": "T"}), "messages[3].topic"),
        (json!({"title": "T"}), "messages[3].token"),
        (json!({"topic": "a b", "title": "T"}), "messages[3].topic"),
        (json!({"user": "ann", "title": "T", "ttl_seconds": -1}), "messages[3].ttl_seconds"),
        (json!({"user": "ann", "title": "T", "image_url": "ftp://x"}), "messages[3].image_url"),
    ] {
        messages[3] = wrong;
        let answer = ops.post(MESSAGES, &json!({"messages": messages})).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{}", answer.body);
    }
    messages[3] = json!({"user": "ann", "title": "T", "body": "x".repeat(40_000)});
    let answer = ops.post(MESSAGES, &json!({"messages": messages})).await?;
    assert_eq!(answer.problem(413, "payload_too_large")?, Some("messages[3]"));
    let huge = json!({"user": "ann", "title": "T", "body": "x".repeat(300_000)});
    ops.post(MESSAGES, &huge).await?.problem(413, "payload_too_large")?;
    for count in [0, 501] {
        let body = json!({"messages": vec![json!({"user": "ann", "title": "T"}); count]});
        assert_eq!(ops.post(MESSAGES, &body).await?.problem(422, "invalid_request")?, Some("messages"));
    }
    let fence = push(&ops, &json!({"token": own(&tenant, "fence"), "title": "T"})).await?;
    became(&ops, &fence[0], "sent").await?;
    let sent = tenant.sinks().requests(&Filter::of(Sink::Fcm).containing(&token)).await?;
    assert!(sent.is_empty(), "{sent:#?}");
    Ok(())
}

#[tokio::test]
async fn it_takes_an_admin_and_shows_a_tenant_its_own() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ops = tenant.admin()?;
    let body = json!({"token": own(&tenant, "t"), "title": "T"});
    tenant.producer()?.post(MESSAGES, &body).await?.problem(403, "forbidden")?;
    tenant.user("ann")?.post(MESSAGES, &body).await?.problem(401, "unauthenticated")?;
    let ids = push(&ops, &body).await?;
    let path = format!("{MESSAGES}/{}", ids[0]);
    assert!(ops.get(&path).await?.ok()?["state"].is_string(), "it is there at once");
    other.admin()?.get(&path).await?.problem(404, "not_found")?;
    tenant.producer()?.get(&path).await?.problem(403, "forbidden")?;
    for unknown in ["psh_01ARZ3NDEKTSV4RRFFQ69G5FAV", "psh_", "x", "ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u"] {
        ops.get(&format!("{MESSAGES}/{unknown}")).await?.problem(404, "not_found")?;
    }
    ops.get(MESSAGES).await?.problem(405, "method_not_allowed")?;
    ops.get("/v1/push/nothing").await?.problem(404, "not_found")?;
    Ok(())
}
