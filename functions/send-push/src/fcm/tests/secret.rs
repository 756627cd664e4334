//! The secret with the credentials.

use carillon_domain::{Millis, Reason};
use carillon_fakes::Sink;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{by, is_sent, send};
use crate::reached::Reached;
use crate::test_support::{World, failure, later, retry};

fn half_a_minute_ago() -> Millis {
    carillon_runtime::now().plus_seconds(-30)
}

fn five_minutes_ago() -> Millis {
    carillon_runtime::now().plus_seconds(-300)
}

#[tokio::test]
async fn a_secret_that_is_none_is_told_once_and_looked_for_again() {
    let world = World::new().await;
    let fcm = world.fcm();
    let expected = Reached::Rejected(failure(Reason::NotConfigured, "FCM has no credentials", None));
    world.secrets.says(json!({"SecretString": "{}"})).await;
    let first = join_all((0..5).map(|_| send(&fcm, "t", by(half_a_minute_ago)))).await;
    assert_eq!(first, vec![Some(expected.clone()); 5]);
    assert_eq!(world.secrets.asked(), 1);
    world.secrets.says(world.account()).await;
    assert_eq!(send(&fcm, "t", by(half_a_minute_ago)).await, Some(expected));
    let sent = send(&fcm, "t", later()).await;
    assert!(is_sent(Some(&sent)), "{sent:?}");
}

#[tokio::test]
async fn only_what_secrets_manager_refuses_for_good_is_permanent() {
    let world = World::new().await;
    for code in ["ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure"] {
        world.secrets.refuses(code).await;
        let reached = send(&world.fcm(), "t", later()).await;
        assert!(
            matches!(reached, Some(Reached::Rejected(failure)) if failure.reason == Reason::NotConfigured),
            "{code}"
        );
    }
    for code in ["ThrottlingException", "InternalServiceError"] {
        world.secrets.refuses(code).await;
        let reached = send(&world.fcm(), "t", later()).await;
        assert_eq!(reached, Some(retry("secret unavailable", None)), "{code}");
    }
}

#[tokio::test]
async fn known_credentials_outlast_a_secret_that_cannot_be_read() {
    let world = World::new().await;
    let fcm = world.fcm();
    send(&fcm, "t", by(five_minutes_ago)).await;
    world.secrets.refuses("InternalServiceError").await;
    let asked = world.secrets.asked();
    for _ in 0..2 {
        let sent = send(&fcm, "t", later()).await;
        assert!(is_sent(Some(&sent)), "{sent:?}");
    }
    assert_eq!(world.secrets.asked(), asked + 1, "not with every push");
    assert_eq!(world.came(Sink::Oauth).await.len(), 1);
}

#[tokio::test]
async fn other_credentials_want_another_token() {
    let world = World::new().await;
    let fcm = world.fcm();
    send(&fcm, "t", by(five_minutes_ago)).await;
    let mut account: Value = serde_json::from_str(world.account()["SecretString"].as_str().unwrap()).unwrap();
    account["project_id"] = "other-project".into();
    world.secrets.says(json!({"SecretString": account.to_string()})).await;
    send(&fcm, "t", later()).await;
    let came = world.came(Sink::Fcm).await;
    assert_eq!(came[1].path, "/fcm/v1/projects/other-project/messages:send");
    assert_eq!(world.came(Sink::Oauth).await.len(), 2);
}
