//! What SES tells of emails, as it comes from the configuration set's topic.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::workspace_root;
use carillon_tests::{Functions, Mail, Tenant, eventually, failed, list, sqs_event, text};
use serde_json::{Value, json};

use crate::mail_support::{PLAIN, Reader, to};
use crate::push_senders::Senders;

/// A sample of `events/`: of this mail, by the tags it was sent with, and about the address it went to.
fn of(name: &str, mail: &Mail) -> Result<Value> {
    let tag = |name: &str| {
        let mut tags = list(&mail.call.parameters, "EmailTags")?.iter();
        Ok::<_, anyhow::Error>(tags.find(|tag| tag["Name"] == name).context("no such tag")?["Value"].clone())
    };
    about(name, [tag("tenant")?, tag("notification")?], mail.to()?[0])
}

fn about(name: &str, [tenant, notification]: [Value; 2], address: &str) -> Result<Value> {
    let path = workspace_root().join(format!("events/ses-{name}.json"));
    let event = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut event: Value = serde_json::from_str(&event.replace("recipient@example.com", address))?;
    event["mail"]["tags"]["tenant"] = json!([tenant]);
    event["mail"]["tags"]["notification"] = json!([notification]);
    Ok(event)
}

/// A mail that was sent, and the id of its notification.
async fn sent(reader: &Reader, more: &Value) -> Result<(String, Mail)> {
    let id = reader.mail(PLAIN, more).await?;
    reader.shop.delivery(&id, "email", "sent").await?;
    let address = more["recipient"]["email"].as_str().unwrap_or(&reader.address);
    let mut mails = reader.tenant.mails().wait(address, 1).await?.into_iter();
    let mail = mails.find(|mail| mail.tag("notification").ok().as_ref() == Some(&id));
    Ok((id, mail.context("another's mail")?))
}

/// An invocation of the test's own with these events: done when this returns.
async fn hear(tenant: &Tenant, events: &[String]) -> Result<Vec<String>> {
    let feedback = Functions::of(tenant, Vec::new()).await?.function("feedback").start().await?;
    let bodies: Vec<&str> = events.iter().map(String::as_str).collect();
    Ok(failed(&feedback.invoke(sqs_event(&bodies)).await?).into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn a_mails_events_move_its_delivery_and_leave_the_inbox_alone() -> Result<()> {
    let reader = Reader::new().await?;
    let (id, mail) = sent(&reader, &json!({})).await?;
    let before = reader.shop.delivery(&id, "email", "sent").await?;
    for (name, state) in [("delivery", "delivered"), ("open", "opened"), ("click", "opened")] {
        reader.tenant.ses_event(&of(name, &mail)?).await?;
        reader.shop.delivery(&id, "email", state).await?;
    }
    let opened = reader.shop.delivery(&id, "email", "opened").await?;
    assert_eq!((&opened["at"], &opened["attempts"]), (&json!("2017-08-09T22:00:19.652Z"), &json!(1)));
    assert_eq!(opened["provider_id"], before["provider_id"], "as SES answered, not as the sample has it");
    let inbox = reader.ann.inbox_of(1).await?;
    assert_eq!((&inbox[0]["unread"], &inbox[0]["opened_at"]), (&json!(true), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_complaint_before_the_delivery_event_stays_and_nothing_more_goes_there() -> Result<()> {
    let reader = Reader::new().await?;
    let (id, mail) = sent(&reader, &json!({})).await?;
    reader.tenant.ses_event(&of("complaint", &mail)?).await?;
    reader.shop.delivery(&id, "email", "sent: complaint").await?;
    for name in ["delivery", "complaint", "send"] {
        reader.tenant.ses_event(&of(name, &mail)?).await?;
    }
    let complained = reader.shop.delivery(&id, "email", "delivered: complaint").await?;
    assert_eq!(complained["detail"], "abuse");
    let next = reader.mail(PLAIN, &json!({})).await?;
    reader.shop.delivery(&next, "email", "skipped: suppressed").await?;
    assert_eq!(reader.tenant.mails().asked(&reader.address).await?.len(), 1, "SES was not asked again");
    let log = eventually("the complaint in the log", async || {
        let log = std::fs::read_to_string(&reader.tenant.stack.log)?;
        let told = log.lines().any(|line| line.contains("Complaint") && line.contains(&id[4..30]));
        Ok(told.then_some(log))
    })
    .await?;
    assert_eq!(log.lines().find(|line| line.contains(&reader.address)), None, "no address");
    Ok(())
}

#[tokio::test]
async fn a_bounce_of_a_shared_address_suppresses_it_for_all_of_the_tenant_and_nobody_else() -> Result<()> {
    let (reader, other) = (Reader::new().await?, Reader::new().await?);
    let (tenant, ops) = (&reader.tenant, reader.tenant.admin()?);
    let profile = json!({"email": reader.address.to_uppercase()});
    ops.put("/v1/recipients/bob", &profile).await?.ok()?;
    let (id, mail) = sent(&reader, &json!({})).await?;
    tenant.ses_event(&of("bounce", &mail)?).await?;
    let bounced = reader.shop.delivery(&id, "email", "bounced: hard_bounce").await?;
    assert_eq!(bounced["detail"], "General 5.1.1");
    for user in ["ann", "bob"] {
        let next = reader.mail(PLAIN, &json!({"recipient": user})).await?;
        reader.shop.delivery(&next, "email", "skipped: suppressed").await?;
        let shown = ops.get(&format!("/v1/recipients/{user}")).await?.ok()?;
        assert_eq!(shown["suppressed"], json!([shown["email"]]), "{user}");
    }
    assert_eq!(tenant.mails().asked(&reader.address).await?.len(), 1);
    let path = format!("/v1/suppressions/{}", reader.address);
    let shown = ops.get(&path).await?.ok()?;
    assert_eq!((text(&shown, "reason")?, text(&shown, "notification_id")?), ("hard_bounce", id.as_str()));
    assert_eq!(
        (text(&shown, "address")?, text(&shown, "detail")?),
        (reader.address.as_str(), "General 5.1.1")
    );

    other.tenant.admin()?.get(&path).await?.problem(404, "not_found")?;
    let elsewhere = json!({"recipient": {"user_id": "ann", "email": reader.address}});
    sent(&other, &elsewhere).await?;

    // Lifted, it gets mail again, whatever still comes of what was before.
    assert_eq!(ops.delete(&path).await?.status, 204);
    let late = [of("bounce", &mail)?.to_string(), of("delivery", &mail)?.to_string()];
    assert!(hear(tenant, &late).await?.is_empty());
    ops.get(&path).await?.problem(404, "not_found")?;
    reader.shop.delivery(&id, "email", "bounced: hard_bounce").await?;
    let again = reader.mail(PLAIN, &json!({"recipient": "bob"})).await?;
    reader.shop.delivery(&again, "email", "sent").await?;
    Ok(())
}

#[tokio::test]
async fn a_soft_bounce_suppresses_nothing_and_a_refusal_ends_it() -> Result<()> {
    let reader = Reader::new().await?;
    let (soft, mail) = sent(&reader, &json!({})).await?;
    reader.tenant.ses_event(&of("bounce-transient", &mail)?).await?;
    let bounced = reader.shop.delivery(&soft, "email", "bounced: soft_bounce").await?;
    assert_eq!(bounced["detail"], "MailboxFull 4.2.2");
    let bob = json!({"recipient": {"user_id": "bob", "email": reader.tenant.address("bob")}});
    let (refused, mail) = sent(&reader, &bob).await?;
    reader.tenant.ses_event(&of("delivery-delay", &mail)?).await?;
    reader.tenant.ses_event(&of("reject", &mail)?).await?;
    let failed = reader.shop.delivery(&refused, "email", "failed: rejected").await?;
    assert_eq!(failed["detail"], "Bad content");
    let listed = reader.tenant.admin()?.get("/v1/suppressions").await?.ok()?;
    assert_eq!(listed, json!({"data": [], "next_cursor": null}));
    let next = reader.mail(PLAIN, &json!({})).await?;
    reader.shop.delivery(&next, "email", "sent").await?;
    Ok(())
}

/// SES took it, and its sender died before it could note so.
#[tokio::test]
async fn what_ses_says_it_has_is_not_sent_again() -> Result<()> {
    let reader = Reader::new().await?;
    let (_, mail) = sent(&reader, &json!({})).await?;
    let senders = Senders::of_channel(&reader.tenant, "email").await?;
    let jobs = senders.jobs(&[to(PLAIN, "email", &json!({}))]).await?;
    let (id, job) = jobs.first().context("one job")?;
    let mut event = of("send", &mail)?;
    event["mail"]["tags"]["notification"] = json!([id]);
    assert!(hear(&reader.tenant, &[event.to_string()]).await?.is_empty());
    let noted = reader.shop.delivery(id, "email", "sent").await?;
    assert_eq!(noted["provider_id"], event["mail"]["messageId"]);
    let sender = senders.sender().start().await?;
    assert!(failed(&sender.invoke(sqs_event(&[job])).await?).is_empty());
    assert_eq!(reader.tenant.mails().asked(&reader.address).await?.len(), 1, "only the first");
    assert_eq!(reader.shop.delivery(id, "email", "sent").await?, noted);
    Ok(())
}

#[tokio::test]
async fn late_foreign_and_broken_events_do_no_harm() -> Result<()> {
    let reader = Reader::new().await?;
    let (tenant, ops) = (&reader.tenant, reader.tenant.admin()?);
    let (id, mail) = sent(&reader, &json!({})).await?;
    reader.ann.delete(&reader.ann.path(&id, "")).await?.ok()?;
    let tags = of("send", &mail)?["mail"]["tags"].clone();
    let other = Tenant::fresh()?;
    let foreign = json!(URL_SAFE_NO_PAD.encode(&other.id));
    let mut events = Vec::new();
    for name in ["send", "delivery", "open", "click", "bounce", "complaint", "reject", "rendering-failure"] {
        events.push(of(name, &mail)?.to_string());
        let theirs = about(name, [foreign.clone(), tags["notification"][0].clone()], &reader.address)?;
        events.push(theirs.to_string());
        let mut untagged = of(name, &mail)?;
        untagged["mail"]["tags"] = json!({"ses:configuration-set": ["ConfigSet"]});
        events.push(untagged.to_string());
    }
    events.push("this is no event".to_owned());
    let twice = [events.clone(), events].concat();
    let back = hear(tenant, &twice).await?;
    assert_eq!(back.len(), 2, "only what is broken: {back:?}");
    let rows = tenant.rows("Inbox", "ann").await?;
    assert!(rows.iter().all(|row| !row.contains_key("deliveries")), "deleted stays deleted: {rows:?}");
    assert!(other.rows("Inbox", "ann").await?.is_empty());
    let shown = ops.get(&format!("/v1/suppressions/{}", reader.address)).await?.ok()?;
    assert_eq!(shown["address"], json!(reader.address), "it bounced all the same");
    // What was never there has no name, in whatever tenant.
    let unknown = other.admin()?.get(&format!("/v1/suppressions/{}", reader.address)).await?.ok()?;
    assert_eq!((&unknown["address"], &unknown["notification_id"]), (&Value::Null, &Value::Null));
    Ok(())
}

#[tokio::test]
async fn the_sample_of_the_trigger_is_heard_and_the_poison_returns() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let text = std::fs::read_to_string(workspace_root().join("events/sqs-feedback.json"))?;
    let event: Value = serde_json::from_str(&text)?;
    let feedback = Functions::of(&tenant, Vec::new()).await?.function("feedback").start().await?;
    let reply = feedback.invoke(event.clone()).await?;
    let poison = &event["Records"][2]["messageId"];
    assert_eq!(reply, json!({"batchItemFailures": [{"itemIdentifier": poison}]}));
    Ok(())
}
