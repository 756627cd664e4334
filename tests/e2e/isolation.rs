//! Nobody reaches what is somebody else's, whatever they send.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_tests::{Tenant, User};
use serde_json::json;

/// Reads and changes by REST, each of which must be answered as if the id had never existed.
async fn is_not_there(user: &User, id: &str) -> Result<()> {
    user.get(&user.path(id, "")).await?.problem(404, "not_found")?;
    for action in ["read", "unread", "archive"] {
        user.act(&user.path(id, action)).await?.problem(404, "not_found")?;
    }
    user.delete(&user.path(id, "")).await?.problem(404, "not_found")?;
    Ok(())
}

#[tokio::test]
async fn another_users_and_another_tenants_notifications_do_not_exist() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (alice, bob) = (tenant.user("alice")?, tenant.user("bob")?);
    // The same user id in another tenant: only the token's tenant tells them apart.
    let namesake = other.user("alice")?;
    let of_bob = tenant.producer()?.notify(&bob, "for bob").await?;
    let of_namesake = other.producer()?.notify(&namesake, "for the other alice").await?;
    bob.inbox_of(1).await?;
    namesake.inbox_of(1).await?;

    let never = format!("ntf_{}{}", ulid::Ulid::generate(), URL_SAFE_NO_PAD.encode("alice"));
    for id in [&of_bob, &of_namesake, &never] {
        is_not_there(&alice, id).await?;
    }
    let unknown = alice.get(&alice.path(&never, "")).await?;
    let foreign = alice.get(&alice.path(&of_bob, "")).await?;
    assert_eq!(unknown.body, foreign.body, "indistinguishable");
    assert_eq!(alice.inbox().await?, [] as [serde_json::Value; 0]);
    assert_eq!((alice.unread().await?, bob.unread().await?, namesake.unread().await?), (0, 1, 1));

    let mut device = alice.connect().await?;
    for id in [&of_bob, &of_namesake] {
        device.send(&json!({"action": "mark_read", "notification_id": id}));
        assert_eq!(device.expect("error").await?["code"], "not_found");
    }
    assert!(device.resync(None).await?.notifications.is_empty());
    assert_eq!((bob.unread().await?, namesake.unread().await?), (1, 1));
    Ok(())
}

#[tokio::test]
async fn crafted_ids_reach_nothing() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (alice, bob) = (tenant.user("alice")?, tenant.user("bob")?);
    let of_bob = tenant.producer()?.notify(&bob, "for bob").await?;
    bob.inbox_of(1).await?;
    let ulid = &of_bob[4..30];
    let named = |user: &str| format!("ntf_{ulid}{}", URL_SAFE_NO_PAD.encode(user));
    let crafted = [
        named("alice"), // Bob's moment under Alice's name
        named(&format!("{}#bob", tenant.id)),
        named("alice#bob"),
        named("alice#"),
        named("#"),
        named(""),
        format!("{of_bob}%23"),
        format!("n%23{ulid}"),
        format!("{}%23bob", tenant.id),
        format!("ntf_{ulid}%23bob"),
        format!("{}=", named("alice")),
        named("alice").to_lowercase(),
        format!("..%2F{of_bob}"),
        "state".to_owned(),
        "ntf_".to_owned(),
        "%00".to_owned(),
        "ntf_%F0%9F%94%94".to_owned(),
        format!("ntf_{}", "Z".repeat(4000)),
    ];
    for id in &crafted {
        let tries = [
            alice.get(&alice.path(id, "")).await?,
            alice.act(&alice.path(id, "read")).await?,
            alice.delete(&alice.path(id, "")).await?,
        ];
        for answer in tries {
            // A decoded `#` ends the path, and what is left may be a route without that method.
            let nothing = answer.status == 404 || (answer.status == 405 && id.contains("%23"));
            assert!(nothing, "{id}: {} {}", answer.status, answer.body);
        }
    }
    // The first is well-formed, so it is skipped; the next is not, so it is named.
    let bulk = async |ids: &[String]| {
        alice.post("/api/notifications/bulk-read", &json!({"notification_ids": ids})).await
    };
    assert_eq!(bulk(&crafted[..1]).await?.ok()?["updated"], 0);
    assert_eq!(bulk(&crafted).await?.problem(422, "invalid_request")?, Some("notification_ids[1]"));

    let mut device = alice.connect().await?;
    for id in crafted {
        device.send(&json!({"action": "mark_read", "notification_id": id}));
        let code = device.expect("error").await?["code"].clone();
        assert!(code == "not_found" || code == "invalid_request", "{id}: {code}");
    }
    assert_eq!(bob.unread().await?, 1);
    assert_eq!(tenant.rows("Inbox", "alice").await?.len(), 0, "no update makes a row");
    Ok(())
}

#[tokio::test]
async fn a_tokens_ids_must_be_well_formed() -> Result<()> {
    let tenant = Tenant::fresh()?;
    for user in ["a#b", "", "#", "a/b", "a b"] {
        tenant.user(user)?.get("/api/notifications").await?.problem(401, "unauthenticated")?;
    }
    let forged = tenant.user_with("ann", |claims| claims["tenant"] = json!(format!("{}#bob", tenant.id)))?;
    forged.get("/api/notifications").await?.problem(401, "unauthenticated")?;
    Ok(())
}

#[tokio::test]
async fn sockets_get_only_their_users_events() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let (alice, bob, namesake) = (tenant.user("alice")?, tenant.user("bob")?, other.user("alice")?);
    let mut devices = [alice.connect().await?, bob.connect().await?, namesake.connect().await?];
    let id = tenant.producer()?.notify(&alice, "for alice").await?;
    assert_eq!(devices[0].expect("notification").await?["id"], json!(id));
    alice.act(&alice.path(&id, "read")).await?.ok()?;
    devices[0].expect("notification_read").await?;
    for device in &mut devices[1..] {
        assert_eq!(device.came().await?, [] as [serde_json::Value; 0]);
    }
    Ok(())
}
