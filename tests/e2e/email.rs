//! Emails as their readers get them, and as SES is asked to send them.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::mail_support::{PLAIN, Reader, marketing};

#[tokio::test]
async fn an_email_is_mime_that_any_program_reads() -> Result<()> {
    let reader = Reader::new().await?;
    let id = reader.mail(PLAIN, &json!({"body": "Friday, 19:00\nat the harbour"})).await?;
    let sent = reader.shop.delivery(&id, "email", "sent").await?;
    let mail = reader.came().await?;
    assert_eq!((&sent["provider_id"], &sent["attempts"]), (&json!(mail.call.message_id), &json!(1)));
    assert_eq!(mail.to()?, [reader.address.as_str()]);
    assert_eq!(mail.header("to"), Some(reader.address.as_str()));
    assert_eq!(mail.subject(), "Table for two");
    let (text, html) = (mail.text(), mail.html());
    for said in ["Table for two", "Friday, 19:00", "at the harbour"] {
        assert!(text.contains(said) && html.contains(said), "{said}: {text}\n{html}");
    }
    let kinds: Vec<&str> = mail.parsed.parts.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["multipart/alternative", "text/plain", "text/html"]);
    assert_eq!(mail.parsed.defects, [""; 0]);
    assert!(mail.raw.is_ascii() && mail.parsed.longest_line <= 998, "{}", mail.parsed.longest_line);
    assert_eq!(mail.header("auto-submitted"), Some("auto-generated"));
    assert!(mail.header("date").is_some());
    // SES sets it.
    assert_eq!(mail.header("message-id"), None);
    // Nobody unsubscribes from what they must know.
    assert_eq!((mail.unsubscribe_url(), mail.header("list-unsubscribe-post")), (None, None));
    Ok(())
}

#[tokio::test]
async fn ses_is_told_whose_it_is_and_where_to_tell_of_it() -> Result<()> {
    let reader = Reader::new().await?;
    let id = reader.mail(PLAIN, &json!({})).await?;
    let mail = reader.came().await?;
    assert_eq!((mail.tag("tenant")?, mail.tag("notification")?), (reader.tenant.id.clone(), id));
    let set = reader.tenant.stack.outputs.get("ConfigurationSet").context("no configuration set")?;
    assert_eq!(mail.call.parameters["ConfigurationSetName"], json!(set));
    assert!(mail.header("from").context("no from")?.contains("carillon@example.com"));
    assert_eq!(mail.header("reply-to"), None);
    Ok(())
}

#[tokio::test]
async fn a_tenant_says_who_it_is() -> Result<()> {
    let reader = Reader::new().await?;
    let (logo, color) = ("https://img.acme.example/logo.png", "#b0005a");
    let settings = json!({
        "email": {"from": "hallo@example.com", "from_name": "Café Zürich", "reply_to": ["hilfe@acme.example", "b@acme.example"]},
        "brand": {
            "name": "Café Zürich", "logo_url": logo, "color": color, "address": "Seestrasse 1, Zürich",
            "app_url": "https://app.acme.example",
        },
    });
    reader.settings(&settings).await?;
    reader.mail(PLAIN, &json!({"action_url": "/bookings/42"})).await?;
    let mail = reader.came().await?;
    assert_eq!(mail.header("from"), Some("Café Zürich <hallo@example.com>"));
    assert_eq!(mail.header("reply-to"), Some("hilfe@acme.example, b@acme.example"));
    let (text, html) = (mail.text(), mail.html());
    for said in [logo, color, "Seestrasse 1, Zürich", "https://app.acme.example/bookings/42"] {
        assert!(html.contains(said), "{said}: {html}");
    }
    assert!(text.contains("https://app.acme.example/bookings/42") && text.contains("Seestrasse 1"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_domain_that_is_not_granted_is_nobodys_sender() -> Result<()> {
    let reader = Reader::new().await?;
    let ops = reader.tenant.admin()?;
    let refused = ops.put("/v1/settings", &json!({"email": {"from": "us@elsewhere.example"}})).await?;
    assert_eq!(refused.problem(422, "invalid_request")?, Some("email.from"));
    Ok(())
}

#[tokio::test]
async fn its_words_are_in_the_readers_language() -> Result<()> {
    let reader = Reader::with(&json!({"locale": "de-CH"})).await?;
    let mails = r##"{{ count | plural(one="# mail", other="# mails") }}"##;
    let german = r##"{{ count | plural(one="# Mail", other="# Mails") }}"##;
    let section =
        |words: &str| format!("<mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section>");
    let templates = json!({
        "title": mails,
        "email": {
            "subject": mails, "preheader": "From {{ from }}", "html": section(&format!("<b>{mails}</b> from {{{{ from }}}}")),
            "text": format!("{mails} from {{{{ from }}}}"),
        },
        "locales": {"de": {
            "title": german,
            "email": {"subject": german, "html": section(&format!("<b>{german}</b> von {{{{ from }}}}")),
                      "text": format!("{german} von {{{{ from }}}}")},
        }},
    });
    reader.own_type("inbox_summary", &json!({"templates": templates})).await?;
    let bob = reader.tenant.person("bob", &json!({"locale": "fr"})).await?;
    for (user, count, from, subject, text, html) in [
        ("ann", 2, "Zoë & Co", "2 Mails", "2 Mails von Zoë & Co", "<b>2 Mails</b> von Zoë &amp; Co"),
        ("bob", 1, "Max", "1 mail", "1 mail from Max", "<b>1 mail</b> from Max"),
    ] {
        let data = json!({"count": count, "from": from});
        let body = json!({"type": "inbox_summary", "recipient": user, "data": data, "channels": ["in_app", "email"]});
        reader.shop.create(&body).await?;
        let mail = reader.tenant.mails().one(&reader.tenant.address(user)).await?;
        assert_eq!(mail.subject(), subject);
        assert!(mail.text().contains(text), "{}", mail.text());
        assert!(mail.html().contains(html), "{}", mail.html());
        let preheader = format!("From {}", from.replace('&', "&amp;"));
        assert!(mail.html().contains(&preheader), "what German leaves out: {}", mail.html());
    }
    // The inbox says it in theirs, too.
    assert_eq!(reader.ann.inbox_of(1).await?[0]["title"], "2 Mails");
    assert_eq!(bob.inbox_of(1).await?[0]["title"], "1 mail");
    Ok(())
}

#[tokio::test]
async fn marketing_can_be_unsubscribed_from_with_one_click() -> Result<()> {
    let reader = Reader::new().await?;
    reader.own_type("sale", &marketing()).await?;
    reader.mail("sale", &json!({"title": "Half price"})).await?;
    let mail = reader.came().await?;
    let url = mail.unsubscribe_url().context("no List-Unsubscribe")?;
    let start = format!("{}/unsubscribe/", reader.tenant.stack.http_url);
    assert!(url.starts_with(&start), "{url}");
    assert_eq!(mail.header("list-unsubscribe-post"), Some("List-Unsubscribe=One-Click"));
    assert!(mail.text().contains(url) && mail.html().contains(url), "{}", mail.text());
    Ok(())
}

#[tokio::test]
async fn two_who_share_an_address_get_one_each() -> Result<()> {
    let reader = Reader::new().await?;
    let shared = reader.tenant.address("both");
    let recipients = json!([{"user_id": "ann", "email": shared}, {"user_id": "bob", "email": shared}]);
    let body =
        json!({"type": PLAIN, "recipients": recipients, "title": "Hi", "channels": ["in_app", "email"]});
    let posted = reader.shop.post("/v1/notifications", &body).await?.ok()?;
    let mails = reader.tenant.mails().wait(&shared, 2).await?;
    let mut tags =
        mails.iter().map(|mail| Ok(json!(mail.tag("notification")?))).collect::<Result<Vec<_>>>()?;
    if tags[0] != posted["ids"][0] {
        tags.reverse();
    }
    assert_eq!(json!(tags), posted["ids"]);
    for mail in &mails {
        assert_eq!(mail.to()?, [shared.as_str()]);
    }
    Ok(())
}
