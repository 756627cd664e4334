//! A push service, and the page.

use anyhow::Result;
use carillon_fakes::{Filter, Sink, Sinks};

use crate::support::http1;

#[tokio::test]
async fn a_push_service_keeps_what_came() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http1());
    let body = [0_u8, 159, 146, 150];
    let send = |id: &str, body: Vec<u8>| {
        let post = client.post(format!("{}/web-push/{id}", sinks.url())).header("ttl", "60").body(body);
        post.header("content-encoding", "aes128gcm")
    };
    let vapid = "vapid t=a.b.c, k=key";
    assert_eq!(send("one", body.to_vec()).send().await?.status(), 401);
    assert_eq!(send("one", body.to_vec()).header("authorization", vapid).send().await?.status(), 201);
    assert_eq!(send("one", vec![0; 4097]).header("authorization", vapid).send().await?.status(), 413);
    let topic = send("one", body.to_vec()).header("authorization", vapid).header("topic", "a b");
    assert_eq!(topic.send().await?.status(), 400);
    let seen = sinks.client().requests(&Filter::of(Sink::WebPush).containing("/web-push/one")).await?;
    assert_eq!((seen.len(), seen[1].bytes()), (4, body.to_vec()));
    assert_eq!((seen[1].headers["ttl"].as_str(), seen[1].status), ("60", Some(201)));
    let page = client.get(sinks.url()).send().await?.text().await?;
    assert!(page.contains("web_push · POST /web-push/one → 413"), "{page}");
    let last = sinks.client().last().await?;
    sinks.client().forget().await?;
    assert_eq!(sinks.client().requests(&Filter::default()).await?, []);
    assert_eq!(sinks.client().last().await?, last);
    Ok(())
}
