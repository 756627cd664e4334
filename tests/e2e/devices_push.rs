//! Devices for push: whose a token is, how many there may be, and what is shown of them.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_tests::{Answer, Tenant, User, list, text};
use reqwest::Method;
use serde_json::{Value, json};

const REGISTER: &str = "/api/push/register";
const UNREGISTER: &str = "/api/push/unregister";
const DEVICES: &str = "/api/push/devices";
const ENDPOINT: &str = "https://push.example.com/send/abc";

async fn register(user: &User, token: &str) -> Result<Answer> {
    user.post(REGISTER, &json!({"token": token, "platform": "ios", "device_id": format!("id-{token}")})).await
}

async fn unregister(user: &User, body: &Value) -> Result<Answer> {
    user.send(user.request(Method::DELETE, UNREGISTER).json(body)).await
}

/// What the app calls its devices, the last used first.
async fn named(user: &User) -> Result<Vec<String>> {
    let devices = user.get(DEVICES).await?.ok()?;
    list(&devices, "data")?.iter().map(|device| Ok(text(device, "device_id")?.to_owned())).collect()
}

fn browser() -> (String, String) {
    (URL_SAFE_NO_PAD.encode([&[4][..], &[7; 64]].concat()), URL_SAFE_NO_PAD.encode([9; 16]))
}

#[tokio::test]
async fn a_device_is_registered_shown_and_given_up() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    assert_eq!(ann.get(DEVICES).await?.ok()?, json!({"data": []}));
    let token = "fcm:secret-token";
    let body = json!({
        "token": token, "platform": "android", "device_id": "pixel", "app_version": "1.2.3", "locale": "de-CH",
    });
    let first = ann.post(REGISTER, &body).await?;
    assert_eq!(first.status, 201, "{}", first.body);
    for (field, value) in
        [("platform", "android"), ("device_id", "pixel"), ("app_version", "1.2.3"), ("locale", "de-CH")]
    {
        assert_eq!(first.body[field], value);
    }
    let again =
        ann.post(REGISTER, &json!({"fcm_token": token, "platform": "android", "device_id": "pixel"})).await?;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(
        (&again.body["id"], &again.body["created_at"]),
        (&first.body["id"], &first.body["created_at"])
    );
    assert_eq!((&again.body["app_version"], &again.body["locale"]), (&json!(null), &json!(null)));
    let devices = ann.get(DEVICES).await?.ok()?;
    assert_eq!(devices, json!({"data": [again.body]}));
    for shown in [&first.body, &again.body, &devices] {
        assert!(!shown.to_string().contains(token), "{shown}");
    }
    assert_eq!(unregister(&ann, &json!({"token": token})).await?.status, 204);
    assert_eq!(ann.get(DEVICES).await?.ok()?, json!({"data": []}));
    // Gone is gone, however often it is asked for.
    assert_eq!(unregister(&ann, &json!({"token": token})).await?.status, 204);
    Ok(())
}

#[tokio::test]
async fn browsers_register_their_subscription() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let (p256dh, auth) = browser();
    let flat = json!({"endpoint": ENDPOINT, "p256dh": p256dh, "auth": auth, "device_id": "firefox"});
    let first = ann.post(REGISTER, &flat).await?;
    assert_eq!((first.status, &first.body["platform"]), (201, &json!("web")), "{}", first.body);
    let keys = json!({"p256dh": p256dh, "auth": auth});
    let own = json!({
        "subscription": {"endpoint": ENDPOINT, "expirationTime": null, "keys": keys}, "device_id": "firefox",
    });
    let again = ann.post(REGISTER, &own).await?;
    assert_eq!((again.status, &again.body["id"]), (200, &first.body["id"]), "{}", again.body);
    let shown = ann.get(DEVICES).await?.ok()?.to_string();
    for secret in [ENDPOINT, p256dh.as_str(), auth.as_str()] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(unregister(&ann, &json!({"endpoint": ENDPOINT})).await?.status, 204);
    assert!(named(&ann).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_page_subscribes_with_the_deployments_key() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let key = ann.get("/api/push/vapid-key").await?.ok()?;
    assert_eq!(key, json!({"public_key": tenant.stack.vapid_public_key}));
    let point = URL_SAFE_NO_PAD.decode(text(&key, "public_key")?)?;
    assert_eq!((point.len(), point[0]), (65, 4), "an uncompressed point");
    tenant.anonymous().get("/api/push/vapid-key").await?.problem(401, "unauthenticated")?;
    // The stand-in for a push service is on loopback, and listed.
    let (p256dh, auth) = browser();
    let endpoint = format!("{}/web-push/ann", tenant.stack.sinks_url);
    let body = json!({"endpoint": endpoint, "p256dh": p256dh, "auth": auth});
    assert_eq!(ann.post(REGISTER, &body).await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_token_is_one_users_at_a_time() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (ann, bob, namesake) = (tenant.user("ann")?, tenant.user("bob")?, other.user("ann")?);
    assert_eq!(register(&ann, "t1").await?.status, 201);
    assert_eq!(register(&ann, "t2").await?.status, 201);
    assert_eq!(register(&namesake, "t1").await?.status, 201);
    assert_eq!(register(&bob, "t1").await?.status, 201);
    assert_eq!((named(&ann).await?, named(&bob).await?), (vec!["id-t2".into()], vec!["id-t1".into()]));
    // Another tenant's device with the same token is no concern of theirs.
    assert_eq!(named(&namesake).await?, ["id-t1"]);

    // Nobody gives up what is somebody else's.
    for body in [json!({"token": "t1"}), json!({"device_id": "id-t1"})] {
        assert_eq!(unregister(&ann, &body).await?.status, 204);
    }
    assert_eq!(named(&bob).await?, ["id-t1"]);
    assert_eq!(register(&ann, "t1").await?.status, 201);
    assert_eq!((named(&ann).await?.len(), named(&bob).await?.len()), (2, 0));
    assert_eq!(unregister(&ann, &json!({"device_id": "id-t1"})).await?.status, 204);
    assert_eq!(named(&ann).await?, ["id-t2"]);
    Ok(())
}

#[tokio::test]
async fn the_51st_device_takes_the_place_of_the_least_recently_used() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    for n in 0..50 {
        assert_eq!(register(&ann, &n.to_string()).await?.status, 201);
    }
    // The oldest is used again, so the second oldest is the one to go.
    assert_eq!(register(&ann, "0").await?.status, 200);
    assert_eq!(register(&ann, "50").await?.status, 201);
    let devices = named(&ann).await?;
    assert_eq!((devices.len(), &devices[0], &devices[1]), (50, &"id-50".to_owned(), &"id-0".to_owned()));
    assert!(!devices.contains(&"id-1".to_owned()), "{devices:?}");
    // Its token is free again.
    assert_eq!(register(&tenant.user("bob")?, "1").await?.status, 201);
    assert_eq!(named(&ann).await?.len(), 50);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_registration_is_named() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let (p256dh, auth) = browser();
    let token = |field: &str, value: Value| {
        let mut body = json!({"token": "t", "platform": "ios"});
        body[field] = value;
        body
    };
    let web = |field: &str, value: &str| {
        let mut body = json!({"endpoint": ENDPOINT, "p256dh": p256dh, "auth": auth});
        body[field] = json!(value);
        body
    };
    let cases = [
        (json!({}), "token"),
        (json!({"platform": "ios"}), "token"),
        (json!({"token": "t"}), "platform"),
        (token("token", json!("")), "token"),
        (token("token", json!("x".repeat(4_097))), "token"),
        (token("token", json!("two words")), "token"),
        (token("platform", json!("symbian")), "platform"),
        (token("locale", json!("german")), "locale"),
        (token("app_version", json!("x".repeat(65))), "app_version"),
        (token("device_id", json!(7)), "device_id"),
        (token("user_id", json!("bob")), "user_id"),
        (web("endpoint", "http://push.example.com/send"), "endpoint"),
        (web("endpoint", "http://127.0.0.1:1/send"), "endpoint"),
        (web("endpoint", "https://127.0.0.1/send"), "endpoint"),
        (web("endpoint", "https://0x7f.1/send"), "endpoint"),
        (web("endpoint", "https://169.254.169.254/latest/meta-data"), "endpoint"),
        (web("endpoint", "https://[::ffff:10.0.0.1]/send"), "endpoint"),
        (web("p256dh", "AAAA"), "p256dh"),
        (web("auth", "AAAA"), "auth"),
        (web("token", "t"), "endpoint"),
        (web("platform", "ios"), "platform"),
        (json!({"endpoint": ENDPOINT}), "p256dh"),
    ];
    for (body, field) in cases {
        let answer = ann.post(REGISTER, &body).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{body} {}", answer.body);
    }
    assert_eq!(unregister(&ann, &json!({})).await?.problem(422, "invalid_request")?, Some("token"));
    assert_eq!(ann.get(DEVICES).await?.ok()?, json!({"data": []}));
    ann.get(REGISTER).await?.problem(405, "method_not_allowed")?;
    tenant.anonymous().get(DEVICES).await?.problem(401, "unauthenticated")?;
    Ok(())
}
