//! The same `Idempotency-Key` twice.

use anyhow::Result;
use carillon_tests::{Tenant, ids, text};
use serde_json::json;

#[tokio::test]
async fn the_same_key_and_body_is_one_notification_and_the_same_answer() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "once"});
    let first = shop.post_once("order-1", &body).await?;
    assert_eq!(first.status, 202);
    for _ in 0..3 {
        let again = shop.post_once("order-1", &body).await?;
        assert_eq!((again.status, &again.body), (202, &first.body));
    }
    // Posted last, so whatever the repeats did is done when it is there.
    shop.notify(&ann, "fence").await?;
    let inbox = ann.inbox_of(2).await?;
    assert_eq!(inbox.iter().filter(|stored| stored["title"] == "once").count(), 1);
    assert!(ids(&inbox)?.iter().any(|id| first.body["id"] == json!(id)));
    Ok(())
}

#[tokio::test]
async fn repeats_at_the_same_time_agree_on_one_notification() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "race"});
    let posts = (0..8).map(|_| shop.post_once("order-2", &body));
    let answers = futures::future::try_join_all(posts).await?;
    let first = text(&answers[0].body, "id")?;
    assert!(
        answers.iter().all(|answer| answer.status == 202 && answer.body["id"] == json!(first)),
        "{answers:?}"
    );
    shop.notify(&ann, "fence").await?;
    ann.inbox_of(2).await?;
    Ok(())
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let body = |title: &str| json!({"type": "chat_message", "recipient": "ann", "title": title});
    assert_eq!(shop.post_once("order-3", &body("first")).await?.status, 202);
    let second = shop.post_once("order-3", &body("second")).await?;
    second.problem(422, "idempotency_key_reused")?;
    shop.notify(&ann, "fence").await?;
    let inbox = ann.inbox_of(2).await?;
    assert!(inbox.iter().all(|stored| stored["title"] != "second"));
    Ok(())
}

#[tokio::test]
async fn keys_belong_to_one_tenant_and_producer() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let body = |title: &str| json!({"type": "chat_message", "recipient": "ann", "title": title});
    let mut answers = Vec::new();
    for (producer, title) in
        [(tenant.producer()?, "a"), (tenant.producer_with("billing", |_| {})?, "b"), (other.producer()?, "c")]
    {
        let answer = producer.post_once("same", &body(title)).await?;
        assert_eq!(answer.status, 202, "{}", answer.body);
        answers.push(text(&answer.body, "id")?.to_owned());
    }
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), 3);
    tenant.user("ann")?.inbox_of(2).await?;
    other.user("ann")?.inbox_of(1).await?;
    Ok(())
}

#[tokio::test]
async fn a_key_is_at_most_255_visible_characters() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let shop = tenant.producer()?;
    let body = json!({"type": "chat_message", "recipient": "ann", "title": "x"});
    assert_eq!(shop.post_once(&"k".repeat(255), &body).await?.status, 202);
    for bad in [&"k".repeat(256), "tab\tbed"] {
        let refused = shop.post_once(bad, &body).await?;
        assert!([400, 422].contains(&refused.status), "{bad}: {} {}", refused.status, refused.body);
    }
    tenant.user("ann")?.inbox_of(1).await?;
    Ok(())
}
