//! Every sample in `events/` through the real bootstrap it is for. They are AWS's own shapes: what the local cloud
//! leaves out or adds does not show here.

use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use carillon_fakes::{Filter, Sink};
use carillon_testkit::{RuntimeApi, workspace_root};
use carillon_tests::{Functions, Queue, Tenant, answer, ids};
use serde_json::{Value, json};

/// 2100: no connection of a test ends.
const FAR: &str = "4102444800";

/// What the samples' notifications share.
const ULID: &str = "01M7YZMHG000000000000000A1";

/// A sample, its tenant replaced by the test's own, and its notification by a new one: an old one would be purged.
fn sample(name: &str, tenant: &Tenant) -> Result<Value> {
    let path = workspace_root().join("events").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let new = ulid::Ulid::generate().to_string();
    Ok(serde_json::from_str(&text.replace("acme", &tenant.id).replace(ULID, &new))?)
}

/// A sample of the socket, from a connection whose token is good.
fn socket_sample(name: &str, tenant: &Tenant) -> Result<Value> {
    let mut event = sample(name, tenant)?;
    event["requestContext"]["authorizer"]["exp"] = json!(FAR);
    Ok(event)
}

async fn start(tenant: &Tenant, function: &str) -> Result<RuntimeApi> {
    Functions::of(tenant, Vec::new()).await?.function(function).start().await
}

#[tokio::test]
async fn http_create_notification() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let queue = Queue::create(&tenant.aws).await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    let ingest = functions.function("ingest").env("QUEUE_DISPATCH_URL", queue.url()).start().await?;
    let mut event = sample("http-create-notification", &tenant)?;
    let refused = answer(&ingest.invoke(event.clone()).await?)?;
    assert_eq!((refused.status, &refused.body["code"]), (401, &json!("unauthenticated")));

    let claims = tenant.tokens.claims(&tenant.id, "shop", carillon_tests::PRODUCE);
    event["headers"]["authorization"] = json!(format!("Bearer {}", tenant.tokens.sign(&claims)?));
    let accepted = answer(&ingest.invoke(event.clone()).await?)?;
    assert_eq!(accepted.status, 202, "{:?}", accepted.body);
    let message: Value = serde_json::from_str(&queue.receive().await?)?;
    let dispatch = &message["dispatch.v1"];
    assert_eq!(dispatch["tenant"], json!(tenant.id));
    assert_eq!(dispatch["recipients"], json!([{"user": "ann"}]));
    assert_eq!(dispatch["channels"], json!(["in_app", "push", "email"]));
    assert_eq!(dispatch["content"]["data"], json!(r#"{"booking_id": 42}"#), "as given");

    // API Gateway sends what is not declared as text in base64.
    let body = event["body"].as_str().unwrap_or_default().to_owned();
    event["body"] = json!(STANDARD.encode(&body));
    event["isBase64Encoded"] = json!(true);
    assert_eq!(answer(&ingest.invoke(event).await?)?.body, accepted.body, "the same key and body");
    Ok(())
}

#[tokio::test]
async fn http_list_notifications() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let inbox_api = start(&tenant, "inbox-api").await?;
    let mut event = sample("http-list-notifications", &tenant)?;
    event["headers"]["authorization"] = json!(format!("Bearer {}", tenant.user("ann")?.token));
    let listed = answer(&inbox_api.invoke(event).await?)?;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.body, json!({"data": [], "next_cursor": null, "has_more": false, "unread_count": 0}));
    Ok(())
}

#[tokio::test]
async fn sqs_dispatch_stores_the_good_and_returns_the_poison() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let dispatch = start(&tenant, "dispatch").await?;
    let event = sample("sqs-dispatch", &tenant)?;
    let reply = dispatch.invoke(event.clone()).await?;
    let poison = &event["Records"][1]["messageId"];
    assert_eq!(reply, json!({"batchItemFailures": [{"itemIdentifier": poison}]}));
    let body: Value = serde_json::from_str(event["Records"][0]["body"].as_str().context("no body")?)?;
    let ulid = body["dispatch.v1"]["ulid"].as_str().context("no ulid")?;
    for user in ["ann", "bob"] {
        let stored = ids(&tenant.user(user)?.inbox().await?)?;
        assert_eq!(stored.len(), 1, "{user}");
        assert!(stored[0].starts_with(&format!("ntf_{ulid}")), "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn sqs_realtime_to_nobody_and_to_a_dead_connection_is_done() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let send_realtime = start(&tenant, "send-realtime").await?;
    let reply = send_realtime.invoke(sample("sqs-realtime", &tenant)?).await?;
    assert_eq!(reply, json!({"batchItemFailures": []}));
    Ok(())
}

/// Makes the row that a sample of a sender is about, and has nobody read what else dispatch sends.
async fn dispatched(tenant: &Tenant, functions: &Functions<'_>, channel: &str, job: &str) -> Result<()> {
    let queue = Queue::create(&tenant.aws).await?;
    let dispatch = functions.function("dispatch").env("QUEUE_REALTIME_URL", queue.url());
    let dispatch = dispatch.env(format!("QUEUE_{}_URL", channel.to_uppercase()), queue.url()).start().await?;
    let mut first = sample("sqs-dispatch", tenant)?;
    let mut message: Value = serde_json::from_str(first["Records"][0]["body"].as_str().context("no body")?)?;
    let job: Value = serde_json::from_str(job)?;
    for name in ["ulid", "content"] {
        message["dispatch.v1"][name] = job["delivery.v1"][name].clone();
    }
    message["dispatch.v1"]["channels"] = json!(["in_app", channel]);
    first["Records"][0]["body"] = json!(message.to_string());
    dispatch.invoke(first).await?;
    Ok(())
}

#[tokio::test]
async fn sqs_push_sends_once_and_returns_the_poison() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let token = format!("phone-of-ann-{}", tenant.id);
    tenant.user("ann")?.register(&token).await?;
    let mut event = sample("sqs-push", &tenant)?;
    let body = event["Records"][0]["body"].as_str().context("no body")?.replace("phone-of-ann", &token);
    event["Records"][0]["body"] = json!(body);
    let functions = Functions::of(&tenant, Vec::new()).await?;
    dispatched(&tenant, &functions, "push", &body).await?;

    let send_push = functions.function("send-push").timeout(Duration::from_secs(30)).start().await?;
    let poison = &event["Records"][1]["messageId"];
    for _ in 0..2 {
        let reply = send_push.invoke(event.clone()).await?;
        assert_eq!(reply, json!({"batchItemFailures": [{"itemIdentifier": poison}]}));
    }
    let sent = tenant.sinks().requests(&Filter::of(Sink::Fcm).containing(&token)).await?;
    assert_eq!(sent.iter().map(|sent| sent.status).collect::<Vec<_>>(), [Some(200)]);
    assert_eq!(sent[0].json()["message"]["notification"]["title"], "Your booking is confirmed");
    Ok(())
}

#[tokio::test]
async fn sqs_email_and_sms_send_once_and_return_the_poison() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.person("ann", &json!({})).await?;
    ann.prefer(&json!({"channels": {"sms": true}})).await?;
    let functions = Functions::of(&tenant, Vec::new()).await?;
    for (channel, theirs, own) in
        [("email", "ann@example.com", tenant.address("ann")), ("sms", "+491511234567", tenant.phone("ann"))]
    {
        let mut event = sample(&format!("sqs-{channel}"), &tenant)?;
        let body = event["Records"][0]["body"].as_str().context("no body")?.replace(theirs, &own);
        event["Records"][0]["body"] = json!(body);
        dispatched(&tenant, &functions, channel, &body).await?;
        let sender = functions.function(&format!("send-{channel}")).timeout(Duration::from_secs(30));
        let sender = sender.start().await?;
        let poison = &event["Records"][1]["messageId"];
        for _ in 0..2 {
            let reply = sender.invoke(event.clone()).await?;
            assert_eq!(reply, json!({"batchItemFailures": [{"itemIdentifier": poison}]}));
        }
    }
    let mail = tenant.mails().one(&tenant.address("ann")).await?;
    assert!(mail.text().contains("Friday, 19:00"), "{}", mail.text());
    let text = tenant.sms().one(&tenant.phone("ann")).await?;
    assert!(text.message().contains("visit"), "{}", text.message());
    Ok(())
}

#[tokio::test]
async fn ws_authorizer() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let authorizer = start(&tenant, "ws-authorizer").await?;
    let mut event = sample("ws-authorizer", &tenant)?;
    let refused = authorizer.invoke(event.clone()).await;
    assert!(format!("{refused:?}").contains("Unauthorized"), "{refused:?}");
    event["queryStringParameters"]["token"] = json!(tenant.user("ann")?.token);
    let allowed = authorizer.invoke(event.clone()).await?;
    assert_eq!(allowed["policyDocument"]["Statement"][0]["Resource"], json!([event["methodArn"]]));
    assert_eq!(
        (&allowed["context"]["tenant"], &allowed["context"]["user"]),
        (&json!(tenant.id), &json!("ann"))
    );
    Ok(())
}

#[tokio::test]
async fn a_connection_from_connect_to_disconnect() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let connect = start(&tenant, "ws-connect").await?;
    assert_eq!(connect.invoke(socket_sample("ws-connect", &tenant)?).await?["statusCode"], 200);
    tenant.connections("ann", 1).await?;

    let message = start(&tenant, "ws-message").await?;
    let reply = message.invoke(socket_sample("ws-message", &tenant)?).await?;
    let last: Value = serde_json::from_str(reply["body"].as_str().context("no body")?)?;
    assert_eq!((&last["event"], &last["data"]["timestamp"]), (&json!("pong"), &json!(1_795_262_400_000_i64)));

    let disconnect = start(&tenant, "ws-disconnect").await?;
    assert_eq!(disconnect.invoke(socket_sample("ws-disconnect", &tenant)?).await?["statusCode"], 200);
    tenant.connections("ann", 0).await?;
    Ok(())
}

#[tokio::test]
async fn events_without_our_authorizers_context_are_refused() -> Result<()> {
    let tenant = Tenant::fresh()?;
    for (function, name) in
        [("ws-connect", "ws-connect"), ("ws-message", "ws-message"), ("ws-disconnect", "ws-disconnect")]
    {
        let mut event = socket_sample(name, &tenant)?;
        event["requestContext"]["authorizer"] = json!({"tenant": tenant.id, "user": "a#b", "exp": FAR});
        let running = start(&tenant, function).await?;
        assert_eq!(running.invoke(event).await?["statusCode"], 403, "{function}");
    }
    Ok(())
}

#[tokio::test]
async fn preflights_of_browsers_are_answered_without_a_token() -> Result<()> {
    let tenant = Tenant::fresh()?;
    for (function, name) in [("ingest", "http-create-notification"), ("inbox-api", "http-list-notifications")]
    {
        let mut event = sample(name, &tenant)?;
        event["requestContext"]["http"]["method"] = json!("OPTIONS");
        event["headers"] =
            json!({"origin": "https://app.example.com", "access-control-request-method": "POST"});
        event["body"] = Value::Null;
        let reply = start(&tenant, function).await?.invoke(event).await?;
        assert_eq!(reply["statusCode"], 204, "{function}: {reply}");
    }
    Ok(())
}

#[tokio::test]
async fn data_comes_back_as_it_was_given() -> Result<()> {
    const DATA: &str = r#"{"b":1.0,"a":123456789012345678901234567890,"b":null}"#;
    let tenant = Tenant::fresh()?;
    let mut event = sample("sqs-dispatch", &tenant)?;
    let mut message: Value = serde_json::from_str(event["Records"][0]["body"].as_str().context("no body")?)?;
    message["dispatch.v1"]["content"]["data"] = json!(DATA);
    event["Records"][0]["body"] = json!(message.to_string());
    start(&tenant, "dispatch").await?.invoke(event).await?;
    let mut list = sample("http-list-notifications", &tenant)?;
    list["headers"]["authorization"] = json!(format!("Bearer {}", tenant.user("ann")?.token));
    let reply = start(&tenant, "inbox-api").await?.invoke(list).await?;
    let body = reply["body"].as_str().context("no body")?;
    assert!(body.contains(&format!("\"data\":{DATA}")), "{body}");
    Ok(())
}
