//! What the functions write down of emails and text messages.

use anyhow::{Context as _, Result};
use carillon_tests::{Order, eventually};
use serde_json::json;

use crate::mail_support::{PLAIN, Reader, marketing};

#[tokio::test]
async fn the_log_tells_what_became_of_mails_and_texts_and_nothing_of_what_and_where_to() -> Result<()> {
    let reader = Reader::new().await?;
    let marker = ulid::Ulid::generate().to_string();
    let secret = |what: &str| format!("{what}-{marker}");
    reader.own_type("sale", &marketing()).await?;
    reader
        .settings(
            &json!({"email": {"from_name": secret("from"), "reply_to": [format!("{marker}@example.com")]}}),
        )
        .await?;
    let words = json!({"title": secret("title"), "body": secret("body"), "data": {"k": secret("data")}});
    let to = |what: &str| format!("{}@{}.example", secret(what), reader.tenant.id);
    let answers = reader.tenant.answers();
    for (what, status, code) in [("bad", 400, "MessageRejected"), ("busy", 503, "ServiceUnavailable")] {
        // SES quotes what it refuses.
        let order = Order::of_mail(&to(what)).times(1).error(status, code).message(&to(what));
        answers.order(order).await?;
    }
    let mut ids = Vec::new();
    for (what, kind, outcome) in [
        ("good", "sale", "sent"),
        ("bad", PLAIN, "failed: rejected"),
        ("busy", PLAIN, "sent"),
        // One that SES does not take.
        ("jürgen", PLAIN, "failed: rejected"),
    ] {
        let mut body = words.clone();
        body["recipient"] = json!({"user_id": secret("user"), "email": to(what)});
        let id = reader.mail(kind, &body).await?;
        reader.shop.delivery(&id, "email", outcome).await?;
        ids.push(id);
    }
    let (good, wrong) = (reader.tenant.phone(&marker), format!("+999{}", &reader.phone[4..]));
    for (number, outcome) in [(&good, "sent"), (&wrong, "failed: rejected")] {
        let mut body = words.clone();
        body["recipient"] = json!({"user_id": "ann", "phone": number});
        let id = reader.text(PLAIN, &body).await?;
        reader.shop.delivery(&id, "sms", outcome).await?;
        ids.push(id);
    }
    let mail = reader.tenant.mails().one(&to("good")).await?;
    let link = mail.unsubscribe_url().context("no link")?.to_owned();
    reqwest::get(&link).await?;
    let token = link.rsplit('/').next().context("no token")?;

    let log = eventually("all of it in the log", async || {
        let log = std::fs::read_to_string(&reader.tenant.stack.log)?;
        let told = |id: &String| {
            let senders = ["lambda|send-email|", "lambda|send-sms|"];
            log.lines()
                .any(|line| senders.iter().any(|start| line.starts_with(start)) && line.contains(&id[4..30]))
        };
        Ok(ids.iter().all(told).then_some(log))
    })
    .await?;
    let hidden = [marker.as_str(), &good[1..], &wrong[1..], token, "jürgen", &ids[0][30..]];
    for hidden in hidden {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "the log has {hidden:?}");
    }
    Ok(())
}
