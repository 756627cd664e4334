//! One notification in the languages of its readers.

use anyhow::{Context as _, Result};
use carillon_tests::{Job, Tenant};
use serde_json::{Value, json};

use crate::quiet::asleep;
use crate::returns::Held;

const NEW: &str = "/v1/notifications";

/// A type that says everything in English and German, and some of it otherwise in Switzerland.
fn entry() -> Value {
    json!({
        "category": "transactional", "priority": "high", "channels": ["in_app", "push", "email", "sms"],
        "throttle_exempt": true, "push_policy": "always",
        "templates": {
            "title": "{{ n | plural(one='# letter', other='# letters') }}", "body": "From {{ from }}",
            "push": {"body": "Look"}, "email": {"subject": "Post"}, "sms": "{{ title }}!",
            "locales": {
                "de": {
                    "title": "{{ n | plural(one='# Brief', other='# Briefe') }}", "body": "Von {{ from }}",
                    "push": {"title": "Neue Post"}, "email": {"subject": "Die Post"}, "sms": "{{ title }} ({{ from }})",
                },
                "de-CH": {"body": "Vo {{ from }}"},
                "pl": {"title": "{{ n | plural(one='# list', few='# listy', many='# listów', other='# listu') }}"},
            },
        },
    })
}

fn said(content: &Value) -> (&str, &str) {
    (content["title"].as_str().unwrap_or_default(), content["body"].as_str().unwrap_or_default())
}

fn job_of<'a>(jobs: &'a [Job], user: &str) -> Result<&'a Job> {
    jobs.iter().find(|job| job.recipient["user"] == user).with_context(|| format!("no job of {user}"))
}

#[tokio::test]
async fn everybody_reads_it_in_their_language_on_every_channel() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (shop, ops) = (tenant.producer()?, tenant.admin()?);
    ops.put("/v1/types/letters", &entry()).await?.ok()?;
    let readers = [
        ("ann", json!({}), ("2 letters", "From Eve"), ("2 letters", "Look")),
        ("bob", json!({"locale": "de"}), ("2 Briefe", "Von Eve"), ("Neue Post", "Look")),
        ("urs", json!({"locale": "de-ch"}), ("2 Briefe", "Vo Eve"), ("Neue Post", "Look")),
        ("zofia", json!({"locale": "pl-PL"}), ("2 listy", "From Eve"), ("2 listy", "Look")),
        ("jean", json!({"locale": "fr-FR"}), ("2 letters", "From Eve"), ("2 letters", "Look")),
    ];
    let mut sockets = Vec::new();
    for (name, profile, ..) in &readers {
        let reader = tenant.person(name, profile).await?;
        reader.register(name).await?;
        reader.prefer(&json!({"channels": {"sms": true}})).await?;
        sockets.push(reader.connect().await?);
    }
    let recipients: Vec<&str> = readers.iter().map(|(name, ..)| *name).collect();
    let body = json!({"type": "letters", "recipients": recipients, "data": {"n": 2, "from": "Eve"}});
    let posted = shop.post(NEW, &body).await?.ok()?;
    for queue in ["push", "email", "sms"] {
        let jobs = tenant.jobs().wait(queue, readers.len()).await?;
        for (name, _, inbox, push) in
            readers.iter().map(|(name, profile, inbox, push)| (*name, profile, *inbox, *push))
        {
            let expected = if queue == "push" { push } else { inbox };
            assert_eq!(said(&job_of(&jobs, name)?.content), expected, "{name} on {queue}");
        }
    }
    for (index, ((name, _, inbox, _), socket)) in readers.iter().zip(&mut sockets).enumerate() {
        let id = posted["ids"][index].as_str().unwrap_or_default();
        assert_eq!(said(&socket.expect("notification").await?), *inbox, "{name}'s socket");
        let reader = tenant.user(name)?;
        assert_eq!(said(&reader.get(&reader.path(id, "")).await?.ok()?), *inbox, "{name}'s inbox");
        assert_eq!(said(&shop.trace(id).await?), *inbox, "{name}'s trace");
        shop.delivery(id, "sms", "sent").await?;
    }
    let mail = tenant.mails().one(&tenant.address("urs")).await?;
    assert_eq!(mail.subject(), "Die Post");
    assert_eq!(tenant.mails().one(&tenant.address("jean")).await?.subject(), "Post");
    for (name, text) in [("urs", "2 Briefe (Eve)"), ("jean", "2 letters!"), ("zofia", "2 listy!")] {
        assert_eq!(tenant.sms().one(&tenant.phone(name)).await?.message(), text, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn what_the_request_says_goes_before_all_templates() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    tenant.admin()?.put("/v1/types/letters", &entry()).await?.ok()?;
    let bob = tenant.person("bob", &json!({"locale": "de"})).await?;
    bob.register("phone").await?;
    let body =
        json!({"type": "letters", "recipient": "bob", "title": "own", "data": {"n": 1, "from": "Eve"}});
    let id = shop.create(&body).await?;
    let jobs = tenant.jobs().wait("push", 1).await?;
    assert_eq!(said(&jobs[0].content), ("own", "Look"));
    shop.delivery(&id, "push", "sent").await?;
    assert_eq!(said(&bob.get(&bob.path(&id, "")).await?.ok()?), ("own", "Von Eve"));
    Ok(())
}

#[tokio::test]
async fn push_for_who_is_offline_is_in_their_language() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let mut entry = entry();
    entry["push_policy"] = json!("when_offline");
    tenant.admin()?.put("/v1/types/letters", &entry).await?.ok()?;
    for (name, locale) in [("bob", "de"), ("zofia", "pl")] {
        tenant.person(name, &json!({"locale": locale})).await?.register(name).await?;
    }
    let mut tab = tenant.user("bob")?.connect().await?;
    let body = json!({"type": "letters", "recipients": ["bob", "zofia"], "data": {"n": 5, "from": "Eve"}});
    let posted = shop.post(NEW, &body).await?.ok()?;
    assert_eq!(said(&tab.expect("notification").await?), ("5 Briefe", "Von Eve"));
    let jobs = tenant.jobs().wait("push", 1).await?;
    assert_eq!(said(&job_of(&jobs, "zofia")?.content), ("5 listów", "Look"));
    let bobs = posted["ids"][0].as_str().unwrap_or_default();
    shop.delivery(bobs, "push", "skipped: online_fallforward").await?;
    tab.close();
    tenant.connections("bob", 0).await?;
    let body = json!({"type": "letters", "recipient": "bob", "data": {"n": 1, "from": "Eve"}});
    let id = shop.create(&body).await?;
    let jobs = tenant.jobs().wait("push", 2).await?;
    let job = jobs.iter().find(|job| job.id == id).context("no push")?;
    assert_eq!(said(&job.content), ("Neue Post", "Look"));
    Ok(())
}

#[tokio::test]
async fn what_waits_for_the_morning_keeps_its_language() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    tenant.admin()?.put("/v1/types/letters", &entry()).await?.ok()?;
    tenant.admin()?.put("/v1/recipients/bob", &json!({"locale": "de"})).await?.ok()?;
    let (bob, _) = asleep(&tenant, "bob").await?;
    let body = json!({"type": "letters", "recipient": "bob", "data": {"n": 3, "from": "Eve"}});
    let id = shop.create(&body).await?;
    shop.delivery(&id, "push", "deferred: quiet_hours").await?;
    let schedule = tenant.schedules_of(1).await?.pop().context("no schedule")?;
    let held = Held { tenant, ann: bob, shop, id, schedule };
    held.wakes_up().await?;
    held.tenant.bring_forward(&held.schedule).await?;
    let jobs = held.tenant.jobs().wait("push", 1).await?;
    assert_eq!(said(&jobs[0].content), ("Neue Post", "Look"));
    Ok(())
}

#[tokio::test]
async fn what_any_language_or_channel_would_miss_is_refused_at_once() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (shop, ops) = (tenant.producer()?, tenant.admin()?);
    let cases = [
        ("title", "/templates/locales/de/title", "{{ nr }}", "data.nr"),
        ("body", "/templates/locales/de-CH/body", "{{ sender.name }}", "sender.name"),
        ("push", "/templates/push/body", "{{ short }}", "data.short"),
        ("subject", "/templates/email/subject", "{{ subject }}", "data.subject"),
        ("sms", "/templates/locales/de/sms", "{{ folder }}", "folder"),
    ];
    let long = ("long", "/templates/locales/de/body", "{{ from * 3 }}", "");
    let pushed = ("pushed", "/templates/push/body", "{{ from }}", "");
    // All of them first: what a type looks like is read once, and kept for a while.
    for (key, place, text, _) in cases.iter().chain([&long, &pushed]) {
        let mut entry = entry();
        *entry.pointer_mut(place).context("no such place")? = json!(text);
        ops.put(&format!("/v1/types/{key}"), &entry).await?.ok()?;
    }
    let post = async |key: &str, from: &str| {
        let body = json!({"type": key, "recipient": "ann", "data": {"n": 2, "from": from}});
        shop.post(NEW, &body).await
    };
    for (key, _, _, field) in cases {
        let answer = post(key, "Eve").await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{key}: {}", answer.body);
    }
    for key in ["long", "pushed"] {
        post(key, &"x".repeat(10_000)).await?.problem(413, "payload_too_large")?;
    }
    post("pushed", "Eve").await?.ok()?;
    Ok(())
}
