//! What each channel's sender gets: addresses given with the notification, the profile's, and the subscription's.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_tests::{Tenant, User};
use futures::future::try_join_all;
use serde_json::{Value, json};

const ANN: &str = "/v1/recipients/ann";
const HOOK: &str = "https://hooks.example.com/in?x=1";

fn failure(user: &str, tags: &[&str]) -> Value {
    json!({"type": "execution_failed", "recipient": user, "title": "exit code 1", "tags": tags})
}

#[tokio::test]
async fn push_gets_every_device() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    tenant.admin()?.put(ANN, &json!({"locale": "de-CH"})).await?.ok()?;
    ann.register("fcm:phone").await?;
    let (p256dh, auth) =
        (URL_SAFE_NO_PAD.encode([&[4][..], &[7; 64]].concat()), URL_SAFE_NO_PAD.encode([9; 16]));
    let browser = json!({"endpoint": "https://push.example.com/abc", "p256dh": p256dh, "auth": auth});
    ann.post("/api/push/register", &browser).await?.ok()?;
    let body = json!({
        "type": "payment_received", "recipient": {"user_id": "ann", "account_id": "work"}, "title": "100 CHF",
        "body": "From Bob", "data": {"id": 7}, "tags": ["t"], "action_url": "/payments/7",
        "image_url": "https://img.example.com/7.png", "collapse_key": "payments", "ttl_seconds": 60,
    });
    let id = shop.create(&body).await?;
    let jobs = tenant.jobs().wait("push", 1).await?;
    let job = &jobs[0];
    assert_eq!((&job.id, job.channel.as_str(), jobs.len()), (&id, "push", 1));
    assert_eq!((&job.recipient["account"], &job.recipient["locale"]), (&json!("work"), &json!("de-CH")));
    let devices = job.recipient["address"]["devices"].as_array().context("no devices")?;
    let find = |field: &str| devices.iter().find(|device| device[field].is_string());
    let phone = find("token").context("no phone")?;
    assert_eq!((&phone["token"], &phone["platform"]), (&json!("fcm:phone"), &json!("android")));
    let tab = find("endpoint").context("no browser")?;
    for (name, value) in browser.as_object().into_iter().flatten() {
        assert_eq!(&tab[name], value, "{name}");
    }
    assert_eq!(devices.len(), 2);
    let expected = json!({
        "type": "payment_received", "category": "transactional", "priority": "critical", "title": "100 CHF",
        "body": "From Bob", "data": "{\"id\":7}", "tags": ["t"], "action_url": "/payments/7",
        "image_url": "https://img.example.com/7.png", "collapse_key": "payments",
        "expires_at": job.content["expires_at"],
    });
    assert_eq!(job.content, expected);
    let posted = i64::try_from(ulid::Ulid::from_string(&id[4..30])?.timestamp_ms())?;
    assert_eq!(job.content["expires_at"], json!(posted + 60_000));
    Ok(())
}

#[tokio::test]
async fn email_goes_to_the_profiles_address_or_to_the_one_given() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ops, shop) = (tenant.admin()?, tenant.producer()?);
    let post = async |recipient: Value| {
        shop.create(&json!({"type": "document_approved", "recipient": recipient, "title": "Lease"})).await
    };
    let inline = json!({"user_id": "ann", "email": "ann@work.example.com"});
    ops.put(ANN, &json!({"email": "ann@example.com"})).await?.ok()?;
    let known = post(json!("ann")).await?;
    shop.delivery(&known, "email", "sent").await?;
    let given = post(inline.clone()).await?;
    shop.delivery(&given, "email", "sent").await?;
    ops.put(ANN, &json!({"email": "ann@example.com", "email_verified": false})).await?.ok()?;
    let unverified = post(json!("ann")).await?;
    shop.delivery(&unverified, "email", "skipped: no_address").await?;
    let again = post(inline).await?;
    shop.delivery(&again, "email", "sent").await?;

    tenant.jobs().wait("email", 3).await?;
    let jobs = tenant.jobs().all("email").await?;
    let mut went: Vec<(&str, &Value)> =
        jobs.iter().map(|job| (job.id.as_str(), &job.recipient["address"])).collect();
    went.sort_by_key(|(id, _)| *id);
    let (profile, work) = (json!({"email": "ann@example.com"}), json!({"email": "ann@work.example.com"}));
    let mut expected = vec![(known.as_str(), &profile), (&given, &work), (&again, &work)];
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(went, expected);
    assert!(jobs.iter().all(|job| job.channel == "email"));
    // Used for that notification only: nothing of it is kept.
    let rows = format!("{:?}", tenant.rows("Recipients", "ann").await?);
    assert!(!rows.contains("work.example.com"), "{rows}");
    Ok(())
}

#[tokio::test]
async fn sms_goes_only_to_those_who_switched_it_on() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, ops, shop) = (tenant.user("ann")?, tenant.admin()?, tenant.producer()?);
    let post = async |recipient: Value| {
        shop.create(&json!({"type": "visit_reminder", "recipient": recipient, "title": "At nine"})).await
    };
    ops.put(ANN, &json!({"phone": "+41441234567"})).await?.ok()?;
    let unasked = post(json!("ann")).await?;
    shop.delivery(&unasked, "sms", "skipped: channel_disabled").await?;
    ann.prefer(&json!({"channels": {"sms": true}})).await?;
    let known = post(json!("ann")).await?;
    shop.delivery(&known, "sms", "sent").await?;
    let given = post(json!({"user_id": "ann", "phone": "+12125550100"})).await?;
    shop.delivery(&given, "sms", "sent").await?;
    tenant.jobs().wait("sms", 2).await?;
    let jobs = tenant.jobs().all("sms").await?;
    for (id, phone) in [(known, "+41441234567"), (given, "+12125550100")] {
        let job = jobs.iter().find(|job| job.id == id).with_context(|| format!("no job of {phone}"))?;
        assert_eq!((job.channel.as_str(), &job.recipient["address"]), ("sms", &json!({"phone": phone})));
    }
    assert_eq!(jobs.len(), 2);
    Ok(())
}

#[tokio::test]
async fn webhooks_get_what_their_filter_takes() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let filter = json!({
        "url": HOOK, "include_tags": ["exec:42", "exec:43"], "exclude_tags": ["test"], "priorities": ["high"],
    });
    ann.subscribe("webhook", &filter).await?;
    let taken = shop.create(&failure("ann", &["failed", "exec:43"])).await?;
    shop.delivery(&taken, "webhook", "pending").await?;
    let mut low = failure("ann", &["exec:42"]);
    low["priority"] = json!("info");
    for (body, outcome) in [
        (low, "skipped: priority_filtered"),
        (failure("ann", &["failed"]), "skipped: tags_not_included"),
        (failure("ann", &["exec:42", "test"]), "skipped: tag_excluded"),
    ] {
        let id = shop.create(&body).await?;
        shop.delivery(&id, "webhook", outcome).await?;
    }
    ann.subscribe("webhook", &json!({"enabled": false})).await?;
    let off = shop.create(&failure("ann", &["exec:42"])).await?;
    shop.delivery(&off, "webhook", "skipped: subscription_disabled").await?;

    tenant.jobs().wait("webhook", 1).await?;
    let jobs = tenant.jobs().all("webhook").await?;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!((&jobs[0].id, jobs[0].channel.as_str()), (&taken, "webhook"));
    assert_eq!(jobs[0].recipient, json!({"user": "ann", "address": {"url": HOOK}}));
    assert_eq!(jobs[0].content["tags"], json!(["failed", "exec:43"]));
    Ok(())
}

#[tokio::test]
async fn slack_shares_the_webhooks_queue() -> Result<()> {
    const SLACK: &str = "https://hooks.slack.com/services/T0/B0/x";
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    ann.subscribe("slack", &json!({"url": SLACK})).await?;
    ann.subscribe("webhook", &json!({"url": HOOK})).await?;
    let id = shop.create(&failure("ann", &[])).await?;
    let mut jobs = tenant.jobs().wait("webhook", 2).await?;
    jobs.sort_by_key(|job| job.channel.clone());
    let went: Vec<_> =
        jobs.iter().map(|job| (&job.id, job.channel.as_str(), &job.recipient["address"]["url"])).collect();
    assert_eq!(went, [(&id, "slack", &json!(SLACK)), (&id, "webhook", &json!(HOOK))]);
    Ok(())
}

#[tokio::test]
async fn a_hundred_recipients_get_one_each() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let recipients: Vec<Value> = (0..100)
        .map(|n| json!({"user_id": format!("user-{n}"), "email": format!("user-{n}@example.com")}))
        .collect();
    let body = json!({"type": "policy_update", "recipients": recipients, "title": "New terms"});
    let posted = shop.post("/v1/notifications", &body).await?.ok()?;
    let mut jobs = tenant.jobs().wait("email", 100).await?;
    for (id, recipient) in posted["ids"].as_array().context("no ids")?.iter().zip(&recipients) {
        let index =
            jobs.iter().position(|job| json!(job.id) == *id).with_context(|| format!("no job of {id}"))?;
        let job = jobs.swap_remove(index);
        let to = (&job.recipient["user"], &job.recipient["address"]["email"]);
        assert_eq!(to, (&recipient["user_id"], &recipient["email"]));
    }
    assert!(jobs.is_empty(), "{jobs:?}");
    Ok(())
}

#[tokio::test]
async fn no_job_goes_to_another_tenants_namesake() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let register = async |user: User, token: &'static str| user.register(token).await;
    try_join_all([register(tenant.user("ann")?, "ours"), register(other.user("ann")?, "theirs")]).await?;
    let body = json!({"type": "payment_received", "recipient": "ann", "title": "x"});
    tenant.producer()?.create(&body).await?;
    let jobs = tenant.jobs().wait("push", 1).await?;
    let devices = &jobs[0].recipient["address"]["devices"];
    assert_eq!((&devices[0]["token"], &devices[1]), (&json!("ours"), &Value::Null));
    assert!(other.jobs().all("push").await?.is_empty());
    Ok(())
}
