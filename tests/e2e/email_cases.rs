//! Emails with something awkward in them: none of it does harm, none of it gets lost.

use anyhow::Result;
use carillon_tests::failed;
use carillon_tests::sqs_event;
use serde_json::json;

use crate::mail_support::{PLAIN, Reader, to};
use crate::push_senders::{Senders, done};

#[tokio::test]
async fn markup_in_what_users_say_is_text() -> Result<()> {
    let reader = Reader::new().await?;
    let section = "<mj-section><mj-column><mj-text>{{ name }}</mj-text>\
                   <mj-button href=\"{{ link }}\">Go</mj-button></mj-column></mj-section>";
    let templates = json!({"email": {"subject": "Hi {{ name }}", "html": section, "text": "Hi {{ name }}"}});
    reader.own_type("greeting", &json!({"templates": templates})).await?;
    let (script, image) = ("<script>alert(1)</script>", "<img src=x onerror=\"alert(2)\"> & 'more'");
    let link = "https://example.com/?a=1&b=\"><script>";
    let data = json!({"name": script, "link": link});
    reader.mail("greeting", &json!({"title": image, "body": image, "data": data})).await?;
    let mail = reader.came().await?;
    assert_eq!(mail.subject(), format!("Hi {script}"));
    assert!(mail.text().contains(&format!("Hi {script}")), "{}", mail.text());
    let html = mail.html();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;"), "{html}");
    for alive in ["<script>", "<img src=x", "\"><script", "onerror=\"alert"] {
        assert!(!html.contains(alive), "{alive}: {html}");
    }
    // The same in what is ours.
    let bob = reader.tenant.person("bob", &json!({})).await?;
    let body = json!({"type": PLAIN, "recipient": bob.id, "title": script, "body": image, "channels": ["in_app", "email"]});
    reader.shop.create(&body).await?;
    let mail = reader.tenant.mails().one(&reader.tenant.address("bob")).await?;
    assert_eq!(mail.subject(), script);
    assert!(mail.text().contains(script) && mail.text().contains(image), "{}", mail.text());
    for alive in ["<script>", "<img src=x", "onerror=\"alert"] {
        assert!(!mail.html().contains(alive), "{alive}: {}", mail.html());
    }
    Ok(())
}

#[tokio::test]
async fn long_lines_emoji_and_hebrew_arrive_as_they_were_written() -> Result<()> {
    let reader = Reader::new().await?;
    let (emoji, long) = ("🎉 Party, ¡ahora! 👩‍👩‍👧", "x".repeat(998));
    let hebrew = "שלום עולם, זו הודעה ארוכה מימין לשמאל.";
    let body = format!("{long}{long}\n{hebrew}\n.\n..two dots");
    reader.mail(PLAIN, &json!({"title": emoji, "body": body})).await?;
    let mail = reader.came().await?;
    assert_eq!(mail.subject(), emoji);
    assert!(mail.raw.is_ascii() && mail.parsed.longest_line <= 998, "{}", mail.parsed.longest_line);
    assert_eq!(mail.parsed.defects, [""; 0]);
    for said in [&format!("{long}{long}"), hebrew, "..two dots"] {
        assert!(mail.text().contains(said) && mail.html().contains(said), "{said}: {}", mail.text());
    }
    assert!(mail.html().contains("dir=\"auto\""), "each paragraph runs as its own words do: {}", mail.html());
    Ok(())
}

#[tokio::test]
async fn an_arabic_reader_gets_all_of_it_from_right_to_left() -> Result<()> {
    let reader = Reader::with(&json!({"locale": "ar"})).await?;
    let templates = json!({"title": "Hello", "locales": {"ar": {"title": "مرحبا"}}});
    reader.own_type("greeting", &json!({"templates": templates})).await?;
    let body = json!({"type": "greeting", "recipient": "ann", "channels": ["in_app", "email"]});
    reader.shop.create(&body).await?;
    let mail = reader.came().await?;
    assert_eq!(mail.subject(), "مرحبا");
    assert!(mail.html().contains("dir=\"rtl\"") && mail.html().contains("lang=\"ar\""), "{}", mail.html());
    Ok(())
}

#[tokio::test]
async fn nobody_adds_a_header() -> Result<()> {
    let reader = Reader::new().await?;
    let evil = "Hi\r\nBcc: evil@example.org\r\n\r\nbody";
    let templates = json!({"email": {"subject": "{{ x }}", "preheader": "{{ x }}"}});
    reader.own_type("greeting", &json!({"templates": templates})).await?;
    reader.mail("greeting", &json!({"data": {"x": evil}})).await?;
    let mail = reader.came().await?;
    assert_eq!(mail.header("bcc"), None);
    assert_eq!(mail.to()?, [reader.address.as_str()]);
    assert!(mail.subject().starts_with("Hi") && !mail.subject().contains(['\r', '\n']), "{}", mail.subject());
    let refused = reader.tenant.admin()?;
    let settings = json!({"email": {"from_name": evil}});
    let refused = refused.put("/v1/settings", &settings).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("email.from_name"));
    Ok(())
}

#[tokio::test]
async fn addresses_of_other_scripts_are_written_as_ses_takes_them() -> Result<()> {
    let reader = Reader::new().await?;
    let recipient = json!({"user_id": "ann", "email": format!("ann@{}.bücher.example", reader.tenant.id)});
    reader.mail(PLAIN, &json!({"recipient": recipient})).await?;
    let address = format!("ann@{}.xn--bcher-kva.example", reader.tenant.id);
    assert_eq!(reader.tenant.mails().one(&address).await?.to()?, [address]);
    // SES takes no other letters before the @.
    let recipient = json!({"user_id": "ann", "email": format!("jürgen@{}.example", reader.tenant.id)});
    let id = reader.mail(PLAIN, &json!({"recipient": recipient})).await?;
    reader.shop.delivery(&id, "email", "failed: rejected").await?;
    Ok(())
}

#[tokio::test]
async fn nothing_is_accepted_that_a_template_could_not_say() -> Result<()> {
    let reader = Reader::new().await?;
    let german = json!({"de": {"email": {"subject": "Hallo {{ name }}"}}});
    let templates = json!({"title": "Hello", "email": {"subject": "Hello"}, "locales": german});
    reader.own_type("greeting", &json!({"templates": templates})).await?;
    let post = |channel: &str, data: serde_json::Value| json!({"type": "greeting", "recipient": "ann", "data": data, "channels": ["in_app", channel]});
    let refused = reader.shop.post("/v1/notifications", &post("email", json!({}))).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("data.name"), "in no language");
    assert_eq!(
        reader.shop.post("/v1/notifications", &post("sms", json!({}))).await?.status,
        202,
        "not of SMS"
    );
    let good = reader.shop.create(&post("email", json!({"name": "Ann"}))).await?;
    reader.shop.delivery(&good, "email", "sent").await?;
    Ok(())
}

#[tokio::test]
async fn a_template_that_changed_since_the_post_fails_by_itself() -> Result<()> {
    let reader = Reader::new().await?;
    let template = |subject: &str| json!({"templates": {"title": "Hello", "email": {"subject": subject}}});
    reader.own_type("greeting", &template("Hello")).await?;
    let senders = Senders::of_channel(&reader.tenant, "email").await?;
    let (old, other) = (to("greeting", "email", &json!({})), to(PLAIN, "email", &json!({})));
    let jobs = senders.jobs(&[old, other]).await?;
    let [(greeting, first), (plain, second)] = jobs.as_slice() else { panic!("{jobs:?}") };
    reader.own_type("greeting", &template("Hello {{ name }}")).await?;
    let sender = senders.sender().start().await?;
    let reply = sender.invoke(sqs_event(&[first, second])).await?;
    assert!(failed(&reply).is_empty(), "{reply}");
    reader.shop.delivery(greeting, "email", "failed: template_failed").await?;
    reader.shop.delivery(plain, "email", "sent").await?;
    assert_eq!(reader.dead_letters("email").await?.len(), 1);
    assert_eq!(reader.came().await?.tag("notification")?, *plain);
    Ok(())
}

#[tokio::test]
async fn without_an_address_to_send_from_nothing_goes_out() -> Result<()> {
    let reader = Reader::new().await?;
    let senders = Senders::of_channel(&reader.tenant, "email").await?;
    let jobs = senders.jobs(&vec![to(PLAIN, "email", &json!({})); 2]).await?;
    let [(nobodys, first), (withdrawn, second)] = jobs.as_slice() else { panic!("{jobs:?}") };
    let none = senders.sender().env("EMAIL_FROM", "").env("EMAIL_DOMAINS", "");
    done(&none.start().await?, first).await?;
    reader.shop.delivery(nobodys, "email", "failed: not_configured").await?;
    // Granted when it was set, and no longer.
    reader.settings(&json!({"email": {"from": "us@example.com"}})).await?;
    done(&senders.sender().env("EMAIL_DOMAINS", "acme=example.com").start().await?, second).await?;
    reader.shop.delivery(withdrawn, "email", "failed: not_configured").await?;
    assert_eq!(reader.answered().await?, []);
    Ok(())
}

#[tokio::test]
async fn a_suppressed_address_is_left_alone_in_its_tenant() -> Result<()> {
    let (reader, other) = (Reader::new().await?, Reader::new().await?);
    let shared = reader.tenant.address("both");
    let suppress = json!({"address": shared.to_uppercase(), "reason": "manual"});
    let ops = reader.tenant.admin()?;
    ops.post("/v1/suppressions", &suppress).await?.ok()?;
    for user in ["ann", "bob"] {
        let recipient = json!({"user_id": user, "email": shared});
        let id = reader.mail(PLAIN, &json!({"recipient": recipient})).await?;
        reader.shop.delivery(&id, "email", "skipped: suppressed").await?;
    }
    assert_eq!(reader.tenant.mails().asked(&shared).await?, []);
    let recipient = json!({"user_id": "ann", "email": shared});
    other.mail(PLAIN, &json!({"recipient": recipient})).await?;
    assert_eq!(reader.tenant.mails().one(&shared).await?.tag("tenant")?, other.tenant.id);
    // Lifted, it gets mail again.
    ops.delete(&format!("/v1/suppressions/{shared}")).await?.ok()?;
    let id = reader.mail(PLAIN, &json!({"recipient": recipient})).await?;
    reader.shop.delivery(&id, "email", "sent").await?;
    Ok(())
}
