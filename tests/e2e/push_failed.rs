//! Push that never gets through: what its producer sees, and what is kept of it.

use anyhow::{Context as _, Result, bail};
use carillon_fakes::{Reply, fcm_error};
use carillon_tests::{Row, text};
use serde_json::{Value, json};

use crate::push_senders::{Senders, done, left};
use crate::push_support::Phones;

/// A dead letter's texts and numbers.
fn told<'a>(row: &'a Row, name: &str) -> Option<&'a String> {
    row.get(name).and_then(|value| value.as_s().or_else(|_| value.as_n()).ok())
}

/// Posts what FCM will not take; what became of it.
async fn given_up(phones: &Phones, more: &Value, reason: &str, detail: &str) -> Result<Value> {
    let id = phones.post("chat_message", more).await?;
    let push = phones.shop.delivery(&id, "push", &format!("failed: {reason}")).await?;
    assert_eq!((&push["detail"], push.get("until")), (&json!(detail), None));
    assert_eq!(phones.shop.trace(&id).await?["sent_via"], json!(null));
    let letters = phones.dead_letters().await?;
    let [letter] = letters.as_slice() else { bail!("{letters:?}") };
    assert_eq!(told(letter, "sk"), Some(&format!("{}#ann", &id[4..30])));
    let attempts = push["attempts"].to_string();
    for (name, value) in
        [("type", "chat_message"), ("reason", reason), ("detail", detail), ("attempts", attempts.as_str())]
    {
        assert_eq!(told(letter, name).map(String::as_str), Some(value), "{name}");
    }
    // Enough to send it again, until it is forgotten.
    assert_eq!(left(told(letter, "payload").context("no payload")?)?, (vec![phones.token("phone")], 0));
    let failed_at = text(&push, "at")?.parse::<jiff::Timestamp>()?.as_second();
    assert_eq!(told(letter, "purge_at"), Some(&(failed_at + 14 * 86_400).to_string()));
    assert_eq!(phones.registered().await?, ["phone"], "it is the message that is no good");
    Ok(push)
}

#[tokio::test]
async fn what_fcm_refuses_for_good_is_a_dead_letter() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    phones.order(phones.answers("phone", fcm_error("INVALID_ARGUMENT"))).await?;
    let push = given_up(&phones, &json!({}), "rejected", "INVALID_ARGUMENT").await?;
    assert_eq!((&push["attempts"], phones.came().await?.len()), (&json!(1), 1));
    Ok(())
}

#[tokio::test]
async fn what_is_larger_than_fcm_takes_is_not_even_tried() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    // Keys and values count: title, body, data.
    let more = json!({"title": "T", "body": "b".repeat(4_000), "data": {"k": "v".repeat(1_000)}});
    let id = "ntf_01ARZ3NDEKTSV4RRFFQ69G5FAVYW5u".len();
    let bytes = "title".len() + 1 + "body".len() + 4_000 + "k".len() + 1_000;
    let bytes = bytes + "notification_id".len() + id + "type".len() + "chat_message".len();
    let detail = format!("payload of {bytes} bytes, FCM takes 4096");
    given_up(&phones, &more, "too_large", &detail).await?;
    assert!(phones.came().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_was_tried_to_the_end_is_a_dead_letter() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    phones.order(phones.answers("phone", Reply::new(502))).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let sender = senders.sender().env("RETRY_SECONDS", "1,1").start().await?;
    done(&sender, &job).await?;
    let push = senders.finish(&sender, &phones.shop, &id).await?;
    let told = (&push["state"], &push["reason"], &push["attempts"], &push["detail"]);
    assert_eq!(told, (&json!("failed"), &json!("provider_unavailable"), &json!(3), &json!("502")));
    assert_eq!((phones.came().await?.len(), phones.dead_letters().await?.len()), (3, 1));
    assert!(senders.queue.drain().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn without_credentials_it_is_not_configured() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let name = format!("e2e/{}", ulid::Ulid::generate());
    let create = phones.tenant.aws.secrets.create_secret().name(&name).secret_string("{}");
    create.send().await.context("creating a secret")?;
    let sender = senders.sender().env("FCM_SECRET_ID", &name).start().await?;
    done(&sender, &job).await?;
    let push = phones.shop.delivery(&id, "push", "failed: not_configured").await?;
    assert_eq!(push["attempts"], 1);
    assert_eq!(phones.dead_letters().await?.len(), 1);
    assert!(phones.came().await?.is_empty());
    let output = sender.output();
    assert!(
        output.iter().any(|line| line.contains("fcm_not_configured") && line.contains(&name)),
        "{output:#?}"
    );
    Ok(())
}
