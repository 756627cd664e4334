//! Emails that SES does not take, or not at once.

use std::time::Duration;

use anyhow::Result;
use carillon_testkit::{Fault, FaultProxy};
use carillon_tests::{Order, eventually, failed, sqs_event};
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::budgets::{are, calls, counted};
use crate::mail_support::{PLAIN, Reader, to};
use crate::push_senders::{Senders, dies, done};

/// As many as a small machine gets through in time.
const COUNT: usize = 30;

#[tokio::test]
async fn what_ses_throttles_waits_and_all_of_it_arrives() -> Result<()> {
    let reader = Reader::new().await?;
    let domain = format!("@{}.example", reader.tenant.id);
    let slow = Order::of_mail(&domain).times(20).error(429, "TooManyRequestsException");
    reader.tenant.answers().order(slow).await?;
    let recipients: Vec<Value> =
        (0..COUNT).map(|n| json!({"user_id": format!("u{n}"), "email": format!("u{n}{domain}")})).collect();
    let body =
        json!({"type": PLAIN, "recipients": recipients, "title": "x", "channels": ["in_app", "email"]});
    let posted = reader.shop.post("/v1/notifications", &body).await?.ok()?;
    let ids = carillon_tests::list(&posted, "ids")?;
    let sent = ids.iter().map(|id| reader.shop.delivery(id.as_str().unwrap_or_default(), "email", "sent"));
    try_join_all(sent).await?;
    // Each once.
    let calls = reader.tenant.mails().asked(&domain).await?;
    let took = calls.iter().filter(|call| call.status == Some(200)).count();
    assert_eq!((took, calls.len()), (COUNT, COUNT + 20));
    assert!(reader.dead_letters("email").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn while_ses_hangs_push_and_inbox_go_on() -> Result<()> {
    let reader = Reader::new().await?;
    reader
        .own_type("alert", &json!({"channels": ["in_app", "push", "email"], "push_policy": "always"}))
        .await?;
    let (phone, domain) = (format!("phone:{}", reader.tenant.id), format!("@{}.example", reader.tenant.id));
    reader.ann.register(&phone).await?;
    let mut tab = reader.ann.connect().await?;
    let hangs = reader.tenant.answers().order(Order::of_mail(&domain).hang()).await?;
    // All that SES is asked for at once: it has more than that to do.
    let many: Vec<Value> =
        (0..50).map(|n| json!({"user_id": format!("u{n}"), "email": format!("u{n}{domain}")})).collect();
    let flood = json!({"type": PLAIN, "recipients": many, "title": "x", "channels": ["in_app", "email"]});
    let accepted = reader.shop.post("/v1/notifications", &flood).await?.ok()?;
    let mails = reader.tenant.mails();
    eventually("emails under way", async || Ok((mails.asked(&domain).await?.len() > 5).then_some(())))
        .await?;
    let id = reader.shop.create(&json!({"type": "alert", "recipient": "ann", "title": "Now"})).await?;
    tab.expect_where("notification", |data| data["id"] == json!(id)).await?;
    reader.ann.inbox_of(1).await?;
    reader.shop.delivery(&id, "push", "sent").await?;
    // All of that came first: no email has been answered.
    assert!(mails.asked(&domain).await?.iter().all(|call| call.status.is_none()));
    assert_ne!(reader.shop.trace(&id).await?["deliveries"]["email"]["state"], "sent");
    // Afterwards they go out, each once.
    reader.tenant.answers().withdraw(hangs).await?;
    eventually("all of them", async || {
        let calls = mails.asked(&domain).await?;
        Ok((calls.iter().filter(|call| call.status == Some(200)).count() >= 51).then_some(()))
    })
    .await?;
    for id in carillon_tests::list(&accepted, "ids")? {
        reader.shop.delivery(id.as_str().unwrap_or_default(), "email", "sent").await?;
    }
    reader.shop.delivery(&id, "email", "sent").await?;
    // The many and the alert's. What hung was never answered.
    let calls = mails.asked(&domain).await?;
    assert_eq!(calls.iter().filter(|call| call.status == Some(200)).count(), 51, "each once");
    Ok(())
}

#[tokio::test]
async fn refusals_are_for_good_and_say_why() -> Result<()> {
    let reader = Reader::new().await?;
    for (user, status, code, outcome) in [
        ("a", 400, "MessageRejected", "failed: rejected"),
        ("b", 400, "MailFromDomainNotVerifiedException", "failed: rejected"),
        ("c", 400, "BadRequestException", "failed: rejected"),
        ("d", 404, "NotFoundException", "failed: rejected"),
    ] {
        let address = reader.tenant.address(user);
        reader.tenant.answers().order(Order::of_mail(&address).error(status, code)).await?;
        let recipient = json!({"user_id": user, "email": address});
        let id = reader.mail(PLAIN, &json!({"recipient": recipient})).await?;
        let failed = reader.shop.delivery(&id, "email", outcome).await?;
        assert!(code.starts_with(failed["detail"].as_str().unwrap_or("?")), "{code}: {failed}");
        assert_eq!(failed["attempts"], 1, "{code}");
        assert_eq!(reader.tenant.mails().asked(&address).await?.len(), 1, "{code}");
    }
    assert_eq!(reader.dead_letters("email").await?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn what_may_work_later_is_tried_again() -> Result<()> {
    let reader = Reader::new().await?;
    let orders = [
        Order::of_mail("").error(500, "InternalFailure"),
        Order::of_mail("").error(503, "ServiceUnavailable"),
        Order::of_mail("").error(400, "SendingPausedException"),
        Order::of_mail("").error(429, "LimitExceededException"),
        Order::of_mail("").reset(),
    ];
    let tried = orders.into_iter().enumerate().map(async |(n, order)| -> Result<()> {
        let address = reader.tenant.address(&format!("u{n}"));
        reader.tenant.answers().order(order.times(1).containing(&address)).await?;
        let recipient = json!({"user_id": format!("u{n}"), "email": address});
        let id = reader.mail(PLAIN, &json!({"recipient": recipient})).await?;
        let sent = reader.shop.delivery(&id, "email", "sent").await?;
        assert_eq!(sent["attempts"], 2, "{n}: {sent}");
        assert_eq!(reader.tenant.mails().asked(&address).await?.len(), 2, "{n}");
        Ok(())
    });
    try_join_all(tried).await.map(drop)
}

#[tokio::test]
async fn a_job_that_is_delivered_again_sends_once() -> Result<()> {
    let reader = Reader::new().await?;
    let senders = Senders::of_channel(&reader.tenant, "email").await?;
    let (id, job) = senders.jobs(&[to(PLAIN, "email", &json!({}))]).await?.remove(0);
    let (one, other) = (senders.sender().start().await?, senders.sender().start().await?);
    for batch in [vec![job.as_str(), job.as_str()], vec![job.as_str()]] {
        assert!(failed(&one.invoke(sqs_event(&batch)).await?).is_empty());
    }
    done(&other, &job).await?;
    assert_eq!(reader.shop.delivery(&id, "email", "sent").await?["attempts"], 1);
    assert_eq!(reader.answered().await?, [Some(200)]);
    Ok(())
}

#[tokio::test]
async fn a_sender_that_dies_before_ses_has_it_loses_nothing() -> Result<()> {
    let reader = Reader::new().await?;
    let senders = Senders::of_channel(&reader.tenant, "email").await?;
    let (id, job) = senders.jobs(&[to(PLAIN, "email", &json!({}))]).await?.remove(0);
    let proxy = FaultProxy::start(&reader.tenant.stack.aws_endpoint_url).await?;
    // The least that leaves time for a request, so that the claim of the dead lapses soon.
    let dying = senders.sender().timeout(Duration::from_secs(17)).env("AWS_ENDPOINT_URL", proxy.endpoint());
    let dying = dying.start().await?;
    proxy.on("POST /v2/email/outbound-emails", 0, Fault::KillBefore(dying.killer()));
    dies(&dying, &job).await?;
    let again = senders.sender().start().await?;
    done(&again, &job).await?;
    let email = senders.finish(&again, &reader.shop, &id).await?;
    assert_eq!(email["state"], "sent", "{email}");
    assert_eq!(reader.answered().await?, [Some(200)]);
    Ok(())
}

#[tokio::test]
async fn an_email_is_a_claim_a_look_a_request_and_an_outcome() -> Result<()> {
    let reader = Reader::new().await?;
    let suppressed = reader.tenant.address("bob");
    reader
        .tenant
        .admin()?
        .post("/v1/suppressions", &json!({"address": suppressed, "reason": "manual"}))
        .await?
        .ok()?;
    let senders = Senders::of_channel(&reader.tenant, "email").await?;
    let mut bodies = vec![to(PLAIN, "email", &json!({})); 3];
    bodies.push(to(PLAIN, "email", &json!({"recipient": {"user_id": "bob", "email": suppressed}})));
    let jobs = senders.jobs(&bodies).await?;
    let [first, second, busy, none] = jobs.as_slice() else { panic!("{jobs:?}") };
    let proxy = FaultProxy::start(&reader.tenant.stack.aws_endpoint_url).await?;
    let sender = counted(senders.sender(), &reader.tenant, &proxy).await?;
    let cost = async |job: &str| {
        let from = proxy.seen().len();
        done(&sender, job).await?;
        anyhow::Ok(calls(&proxy, from))
    };
    let usual = [("UpdateItem", 2), ("GetItem", 1), ("SendEmail", 1)];
    let with = |more: (&str, usize)| are(&[&usual[..], &[more][..]].concat());
    assert_eq!(cost(&first.1).await?, with(("Query", 1)), "the first of a tenant in a minute");
    assert_eq!(cost(&second.1).await?, are(&usual));
    assert_eq!(cost(&second.1).await?, are(&[("UpdateItem", 1)]), "a double");
    assert_eq!(cost(&none.1).await?, are(&[("UpdateItem", 2), ("GetItem", 1)]), "suppressed");
    let down = Order::of_mail(&reader.address).times(1).error(503, "ServiceUnavailable");
    reader.tenant.answers().order(down).await?;
    assert_eq!(cost(&busy.1).await?, with(("SendMessage", 1)), "tried again later");
    Ok(())
}
