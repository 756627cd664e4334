//! Text messages as SNS is asked to send them.

use anyhow::Result;
use carillon_testkit::FaultProxy;
use carillon_tests::{Order, failed, sqs_event};
use serde_json::json;

use crate::budgets::{are, calls, counted};
use crate::mail_support::{PLAIN, Reader, marketing, to};
use crate::push_senders::{Senders, done};

#[tokio::test]
async fn a_text_message_says_what_its_template_says() -> Result<()> {
    let reader = Reader::with(&json!({"locale": "de-AT"})).await?;
    let templates = json!({
        "title": "Visit", "sms": "Your visit is {{ at }}.", "locales": {"de": {"sms": "Ihr Besuch ist {{ at }}."}},
    });
    reader.own_type("visit", &json!({"templates": templates})).await?;
    reader.settings(&json!({"sms": {"sender_id": "Acme7", "max_price_usd": "0.50"}})).await?;
    let id = reader.text("visit", &json!({"data": {"at": "<9:00> & \"pünktlich\""}})).await?;
    let sent = reader.shop.delivery(&id, "sms", "sent").await?;
    let call = reader.texted().await?;
    // Plain text: nothing is escaped.
    assert_eq!(call.message(), "Ihr Besuch ist <9:00> & \"pünktlich\".");
    assert_eq!(call.parameters["PhoneNumber"], json!(reader.phone));
    let attributes = ["SMSType", "SenderID", "MaxPrice"].map(|name| call.attribute(name));
    assert_eq!(attributes, [Some("Transactional"), Some("Acme7"), Some("0.50")]);
    assert_eq!((&sent["provider_id"], &sent["detail"]), (&json!(call.message_id), &json!("segments=1")));
    Ok(())
}

#[tokio::test]
async fn without_a_template_it_is_title_and_body_and_marketing_is_promotional() -> Result<()> {
    let reader = Reader::new().await?;
    reader.own_type("sale", &marketing()).await?;
    reader.text("sale", &json!({"title": "Half price", "body": "Until Friday"})).await?;
    let call = reader.texted().await?;
    assert!(call.message().starts_with("Half price") && call.message().ends_with("Until Friday"), "{call:?}");
    let attributes = ["SMSType", "SenderID", "MaxPrice"].map(|name| call.attribute(name));
    assert_eq!(attributes, [Some("Promotional"), None, None]);
    Ok(())
}

#[tokio::test]
async fn ten_thousand_characters_are_cut_where_the_type_says() -> Result<()> {
    let reader = Reader::new().await?;
    reader.own_type("short", &json!({"max_sms_segments": 2})).await?;
    let words = "word ".repeat(2_000);
    for (user, title, most, ends) in
        [("bob", "Long", 306, "..."), ("eve", "Lang 🎉", 134, "…"), ("zoe", "Łódź", 134, "…")]
    {
        let ann = reader.tenant.person(user, &json!({})).await?;
        ann.prefer(&json!({"channels": {"sms": true}})).await?;
        let id = reader.text("short", &json!({"recipient": user, "title": title, "body": words})).await?;
        let sent = reader.shop.delivery(&id, "sms", "sent").await?;
        assert_eq!(sent["detail"], "segments=2 cut", "{user}");
        let call = reader.tenant.sms().one(&reader.tenant.phone(user)).await?;
        let text = call.message();
        // GSM-7 counts characters, UCS-2 UTF-16's units.
        let length = text.encode_utf16().count();
        assert!(length <= most && length > most - 20, "{length}: {text}");
        assert!(text.starts_with(title) && text.ends_with(&format!("word{ends}")), "at a word: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn numbers_that_nobody_can_have_are_not_sent_to() -> Result<()> {
    let reader = Reader::new().await?;
    for number in ["+12345678", "+4999999999999", "+999123456789"] {
        let recipient = json!({"user_id": "ann", "phone": number});
        let id = reader.text(PLAIN, &json!({"recipient": recipient})).await?;
        let failed = reader.shop.delivery(&id, "sms", "failed: rejected").await?;
        assert_eq!(failed["detail"], "invalid_number", "{number}");
        assert_eq!(reader.tenant.sms().checked(number).await?, 0, "{number}");
    }
    Ok(())
}

#[tokio::test]
async fn where_sms_is_not_enabled_none_goes_out() -> Result<()> {
    let reader = Reader::new().await?;
    let senders = Senders::of_channel(&reader.tenant, "sms").await?;
    let (id, job) = senders.jobs(&[to(PLAIN, "sms", &json!({}))]).await?.remove(0);
    done(&senders.sender().env("SMS_ENABLED", "false").start().await?, &job).await?;
    reader.shop.delivery(&id, "sms", "failed: not_configured").await?;
    assert_eq!(reader.tenant.sms().checked(&reader.phone).await?, 0);
    Ok(())
}

#[tokio::test]
async fn whoever_opted_out_or_is_suppressed_gets_none() -> Result<()> {
    let reader = Reader::new().await?;
    reader.tenant.answers().order(Order::opted_out(&reader.phone)).await?;
    let id = reader.text(PLAIN, &json!({})).await?;
    reader.shop.delivery(&id, "sms", "skipped: suppressed").await?;
    assert_eq!(reader.tenant.sms().asked(&reader.phone).await?, []);

    let number = reader.tenant.phone("bob");
    let suppress = json!({"address": number, "reason": "manual"});
    reader.tenant.admin()?.post("/v1/suppressions", &suppress).await?.ok()?;
    let recipient = json!({"user_id": "ann", "phone": number});
    let id = reader.text(PLAIN, &json!({"recipient": recipient})).await?;
    reader.shop.delivery(&id, "sms", "skipped: suppressed").await?;
    assert_eq!(reader.tenant.sms().checked(&number).await?, 0, "nobody is asked");
    Ok(())
}

#[tokio::test]
async fn what_sns_throttles_is_tried_again_and_what_it_refuses_is_not() -> Result<()> {
    let reader = Reader::new().await?;
    // How often it is asked whether the number opted out, and how often to send to it.
    for (n, (order, outcome, checked, asked)) in [
        (Order::of_sms("").error(429, "Throttled"), "sent", 1, 2),
        (Order::of_check("").error(400, "Throttled"), "sent", 2, 1),
        (Order::of_sms("").error(500, "InternalError"), "sent", 2, 2),
        (Order::of_sms("").reset(), "sent", 2, 2),
        (Order::of_sms("").error(400, "InvalidParameter"), "failed: rejected", 1, 1),
        (Order::of_sms("").error(403, "AuthorizationError"), "failed: not_configured", 1, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let number = reader.tenant.phone(&format!("u{n}"));
        reader.tenant.answers().order(order.times(1).containing(&number)).await?;
        let recipient = json!({"user_id": "ann", "phone": number});
        let id = reader.text(PLAIN, &json!({"recipient": recipient})).await?;
        reader.shop.delivery(&id, "sms", outcome).await?;
        let sms = reader.tenant.sms();
        assert_eq!((sms.checked(&number).await?, sms.asked(&number).await?.len()), (checked, asked), "{n}");
    }
    assert_eq!(reader.dead_letters("sms").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_job_that_is_delivered_again_sends_once_and_costs_little() -> Result<()> {
    let reader = Reader::new().await?;
    let senders = Senders::of_channel(&reader.tenant, "sms").await?;
    let jobs = senders.jobs(&vec![to(PLAIN, "sms", &json!({})); 2]).await?;
    let [(first, one), (second, two)] = jobs.as_slice() else { panic!("{jobs:?}") };
    let proxy = FaultProxy::start(&reader.tenant.stack.aws_endpoint_url).await?;
    let sender = counted(senders.sender(), &reader.tenant, &proxy).await?;
    assert!(failed(&sender.invoke(sqs_event(&[one, one])).await?).is_empty());
    done(&sender, one).await?;
    let from = proxy.seen().len();
    done(&sender, two).await?;
    let usual = [("UpdateItem", 2), ("GetItem", 1), ("CheckIfPhoneNumberIsOptedOut", 1), ("Publish", 1)];
    assert_eq!(calls(&proxy, from), are(&usual));
    for id in [first, second] {
        reader.shop.delivery(id, "sms", "sent").await?;
    }
    assert_eq!(reader.tenant.sms().asked(&reader.phone).await?.len(), 2);
    Ok(())
}
