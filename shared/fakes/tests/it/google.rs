//! OAuth, FCM and its topics.

use anyhow::Result;
use carillon_fakes::{Filter, Reply, Rule, Sink, Sinks, oauth_error};
use serde_json::{Value, json};

use crate::support::{grant, http1, push, token};

#[tokio::test]
async fn fcm_wants_a_token_of_this_server() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http1());
    let message = json!({"token": "d1", "notification": {"title": "t"}});
    assert_eq!(push(&client, &sinks, "other", &message).await?.0, 401);
    let token = token(&client, &sinks).await?;
    let (status, answer) = push(&client, &sinks, &token, &message).await?;
    assert_eq!(status, 200);
    assert!(answer["name"].as_str().unwrap().starts_with("projects/p/messages/"));
    sinks.client().revoke_tokens().await?;
    assert_eq!(push(&client, &sinks, &token, &message).await?.0, 401);
    let seen = sinks.client().requests(&Filter::of(Sink::Fcm).containing("d1")).await?;
    assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), [Some(401), Some(200), Some(401)]);
    assert_eq!(seen[1].json()["message"], message);
    assert_eq!(seen[1].headers["authorization"], format!("Bearer {token}"));
    Ok(())
}

#[tokio::test]
async fn oauth_looks_at_the_assertion() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http1());
    assert_eq!(grant(&client, &sinks, 3601).await?.status(), 400);
    sinks.client().answer(&Rule::of(Sink::Oauth).reply(oauth_error("invalid_client")).times(1)).await?;
    assert_eq!(grant(&client, &sinks, 3600).await?.status(), 401);
    // What a rule grants is good too.
    let own = json!({"access_token": "mine", "expires_in": 301, "token_type": "Bearer"});
    sinks.client().answer(&Rule::of(Sink::Oauth).reply(Reply::new(200).body(own)).times(1)).await?;
    assert_eq!(grant(&client, &sinks, 3600).await?.status(), 200);
    assert_eq!(push(&client, &sinks, "mine", &json!({"topic": "t"})).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn fcm_refuses_what_google_refuses() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http1());
    let token = token(&client, &sinks).await?;
    let cases = [
        (json!({"token": "d", "topic": "t"}), "message"),
        (json!({"notification": {"title": "t"}}), "message"),
        (json!({"token": "d", "data": {"n": 1}}), "message.data"),
        (json!({"token": "d", "title": "t"}), "message"),
        (json!({"token": "d", "android": {"prio": "HIGH"}}), "message.android"),
        (
            json!({"token": "d", "android": {"notification": {"channel": "x"}}}),
            "message.android.notification",
        ),
        (json!({"token": "d", "android": {"ttl": 5}}), "message.android.ttl"),
        (json!({"token": "d", "apns": {"headers": {"apns-priority": 10}}}), "message.apns.headers"),
        (json!({"token": "d", "data": {"k": "x".repeat(4096)}}), "message"),
    ];
    for (message, field) in cases {
        let (status, answer) = push(&client, &sinks, &token, &message).await?;
        assert_eq!((status, &answer["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{message}");
        assert_eq!(answer["error"]["details"][1]["fieldViolations"][0]["field"], field, "{message}");
    }
    let full = json!({
        "token": "d", "notification": {"title": "t", "body": "b", "image": "https://i"}, "data": {"k": "v"},
        "android": {"priority": "HIGH", "ttl": "60s", "collapse_key": "c", "notification": {"channel_id": "x"}},
        "apns": {"headers": {"apns-priority": "10"}, "payload": {"aps": {"alert": {}}}},
        "webpush": {"headers": {"TTL": "60"}, "fcm_options": {"link": "https://l"}},
        "fcm_options": {"analytics_label": "l"},
    });
    assert_eq!(push(&client, &sinks, &token, &full).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn topics_are_joined_with_a_token_and_a_name() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http1());
    let token = token(&client, &sinks).await?;
    let join = |to: &str| {
        let post = client.post(format!("{}/iid/v1:batchAdd", sinks.url())).bearer_auth(&token);
        post.json(&json!({"to": to, "registration_tokens": ["a", "b"]}))
    };
    assert_eq!(join("/topics/t").send().await?.status(), 401);
    let answer = join("/topics/t").header("access_token_auth", "true").send().await?;
    assert_eq!(answer.json::<Value>().await?, json!({"results": [{}, {}]}));
    assert_eq!(join("t").header("access_token_auth", "true").send().await?.status(), 400);
    Ok(())
}
