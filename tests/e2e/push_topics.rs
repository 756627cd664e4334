//! Who is in which topic, and that it follows consent.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use carillon_fakes::{Filter, Seen, Sink};
use carillon_tests::{Producer, Tenant, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// Waits until Google's devices are in these topics: what it was told so far comes to `topic device,device`, sorted. It may
/// have been told something twice.
async fn members(tenant: &Tenant, expected: &[&str]) -> Result<()> {
    let (sinks, mut last) = (tenant.sinks(), Vec::new());
    let became = eventually("the topics", async || {
        let came = sinks.requests(&Filter::of(Sink::Iid).containing(&tenant.id)).await?;
        last = state(tenant, &came);
        Ok((last == expected).then_some(()))
    });
    let became = became.await;
    became.with_context(|| format!("not {expected:?} but {last:?}"))
}

fn state(tenant: &Tenant, came: &[Seen]) -> Vec<String> {
    let mut topics: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seen in came {
        let body = seen.json();
        let name = body["to"].as_str().unwrap_or_default();
        let name = name.trim_start_matches(&format!("/topics/{}.", tenant.id)).to_owned();
        let devices = topics.entry(name).or_default();
        for token in body["registration_tokens"].as_array().into_iter().flatten() {
            let name =
                token.as_str().and_then(|token| token.split(':').next()).unwrap_or_default().to_owned();
            if seen.path.ends_with("batchAdd") {
                devices.insert(name)
            } else {
                devices.remove(&name)
            };
        }
    }
    topics.retain(|_, devices| !devices.is_empty());
    let shown = topics
        .into_iter()
        .map(|(topic, devices)| format!("{topic} {}", devices.into_iter().collect::<Vec<_>>().join(",")));
    shown.collect()
}

async fn set(ops: &Producer, topic: &str, how: &str, users: &[&str]) -> Result<()> {
    let path = format!("/v1/push/topics/{topic}/{how}");
    let answer = ops.post(&path, &json!({"recipients": users})).await?.ok()?;
    assert_eq!(answer["updated"], users.len());
    Ok(())
}

async fn topics(ops: &Producer, user: &str) -> Result<Value> {
    Ok(ops.get(&format!("/v1/recipients/{user}/topics")).await?.ok()?["data"].take())
}

#[tokio::test]
async fn devices_are_in_their_users_topics() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let own = |name: &str| format!("{name}:{}", tenant.id);
    let (ann, bob) = (tenant.user("ann")?, tenant.user("bob")?);
    ann.register(&own("phone")).await?;
    ann.register(&own("tablet")).await?;
    bob.register(&own("bobs")).await?;
    set(&ops, "news", "subscribe", &["ann", "bob", "nobody"]).await?;
    members(&tenant, &["news bobs,phone,tablet"]).await?;
    set(&ops, "a.b", "subscribe", &["ann"]).await?;
    members(&tenant, &["a%2Eb phone,tablet", "news bobs,phone,tablet"]).await?;
    assert_eq!(topics(&ops, "ann").await?, json!(["a.b", "news"]));
    assert_eq!(topics(&ops, "nobody").await?, json!(["news"]));
    assert_eq!(topics(&ops, "eve").await?, json!([]));
    // A new device joins, one that is given up leaves, whoever comes next takes none along.
    ann.register(&own("watch")).await?;
    members(&tenant, &["a%2Eb phone,tablet,watch", "news bobs,phone,tablet,watch"]).await?;
    let unregister = ann.request(Method::DELETE, "/api/push/unregister");
    assert_eq!(ann.send(unregister.json(&json!({"token": own("watch")}))).await?.status, 204);
    members(&tenant, &["a%2Eb phone,tablet", "news bobs,phone,tablet"]).await?;
    tenant.user("eve")?.register(&own("tablet")).await?;
    members(&tenant, &["a%2Eb phone", "news bobs,phone"]).await?;
    set(&ops, "a.b", "unsubscribe", &["ann", "bob"]).await?;
    members(&tenant, &["news bobs,phone"]).await?;
    assert_eq!(topics(&ops, "ann").await?, json!(["news"]));
    // What is erased is in none.
    let export = ops.get("/v1/recipients/ann/export").await?.ok()?;
    assert!(export.to_string().contains("topic#news"), "{export}");
    ops.delete("/v1/recipients/ann").await?.ok()?;
    members(&tenant, &["news bobs"]).await?;
    assert_eq!(topics(&ops, "ann").await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn membership_follows_consent() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ops, ann) = (tenant.admin()?, tenant.user("ann")?);
    ann.register(&format!("phone:{}", tenant.id)).await?;
    set(&ops, "marketing", "subscribe", &["ann"]).await?;
    set(&ops, "news", "subscribe", &["ann"]).await?;
    members(&tenant, &["marketing phone", "news phone"]).await?;
    ann.prefer(&json!({"opt_in": {"promotions": false}})).await?;
    members(&tenant, &["news phone"]).await?;
    ann.prefer(&json!({"opt_in": {"promotions": true}})).await?;
    members(&tenant, &["marketing phone", "news phone"]).await?;
    let settings = "/api/notifications/settings";
    ann.put(settings, &json!({"promotional_push": false})).await?.ok()?;
    members(&tenant, &["news phone"]).await?;
    ann.put(settings, &json!({"push": false})).await?.ok()?;
    members(&tenant, &[]).await?;
    ann.put(settings, &json!({})).await?.ok()?;
    members(&tenant, &["marketing phone", "news phone"]).await?;
    ann.subscribe("push", &json!({"enabled": false})).await?;
    members(&tenant, &[]).await?;
    ann.subscribe("push", &json!({"enabled": true})).await?;
    members(&tenant, &["marketing phone", "news phone"]).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_named_and_it_takes_an_admin() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ops = tenant.admin()?;
    let path = "/v1/push/topics/news/subscribe";
    for body in [json!({"recipients": []}), json!({"recipients": vec!["ann"; 1_001]})] {
        let answer = ops.post(path, &body).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some("recipients"));
    }
    let answer = ops.post(path, &json!({"recipients": ["ann", "#"]})).await?;
    assert_eq!(answer.problem(422, "invalid_request")?, Some("recipients[1]"));
    let spaced = ops.post("/v1/push/topics/a%20b/subscribe", &json!({"recipients": ["ann"]})).await?;
    assert_eq!(spaced.problem(422, "invalid_request")?, Some("topic"));
    let body = json!({"recipients": ["ann"]});
    tenant.producer()?.post(path, &body).await?.problem(403, "forbidden")?;
    ops.get(path).await?.problem(405, "method_not_allowed")?;
    assert_eq!(topics(&ops, "ann").await?, json!([]));
    Ok(())
}
